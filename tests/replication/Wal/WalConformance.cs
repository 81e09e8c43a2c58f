using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

/// <summary>What a log does on every disk: held against files and against the simulated one.</summary>
public abstract class WalConformance
{
    /// <summary>Opens the disk, with what is on it.</summary>
    internal abstract IDrivenDisk Open();

    /// <summary>Lets go of it, so that it can be opened again.</summary>
    internal abstract void Close(IDrivenDisk disk);

    /// <summary>Flips a bit of a file that nobody has open.</summary>
    internal abstract void Flip(FileId file, long offset);

    [Fact]
    [Trait("Covers", "DUR-01")]
    public void A_log_comes_back_with_all_it_was_given()
    {
        var driver = LogDriver.Format(disk: Open());
        for (var i = 0; i < 60; i++)
        {
            driver.Append(1 + ((ulong)i / 20), i * 100, count: 2).Settle();
        }

        driver.Vote(9, 2).Truncate(110).Append(9, 5, count: 3).Settle();
        Assert.Equal(driver.Ticket, driver.Log.DurableTicket);
        Close(driver.Files);
        var after = LogDriver.Open(Open());
        Assert.Empty(after.Report!.Findings);
        Assert.Equal(new WalHardState(9, 2, 0, 1), after.Report.HardState);
        TermRun[] terms = [new(1, 1), new(41, 2), new(81, 3), new(110, 9)];
        Assert.Equal(terms, after.Report.Terms);
        LoggedEntries.AssertSame(driver.Entries, after.Read(1, out var end));
        Assert.Equal(ReadOutcome.End, end);
        Close(after.Files);
    }

    [Fact]
    public void A_log_that_is_released_as_it_grows_uses_its_files_again()
    {
        var driver = LogDriver.Format(disk: Open());
        for (var i = 0; i < 150; i++)
        {
            driver.Append(1, 3000);
            driver.Log.Release(driver.Log.DurableIndex);
            driver.Settle();
        }

        Assert.True(driver.Log.FirstIndex > 100);
        Close(driver.Files);
        var disk = Open();
        Assert.True(disk.List().Count <= 8);
        var after = LogDriver.Open(disk);
        var first = after.Log.FirstIndex;
        LoggedEntries.AssertSame(
            [.. driver.Entries.Where(entry => entry.Index >= first)], after.Read(first, out _));
        after.Knows(driver.Entries).Append(2, 10).Settle();
        Assert.Equal(151UL, after.Log.DurableIndex);
        Close(disk);
    }

    [Theory]
    [InlineData(FileKind.Segment, WalFindingKind.RecordDamaged)]
    [InlineData(FileKind.Superblock, WalFindingKind.SuperblockSlot)]
    public void A_flipped_bit_is_found_and_named(FileKind kind, WalFindingKind finding)
    {
        var driver = LogDriver.Format(disk: Open());
        driver.Append(1, 900).Settle();
        driver.Append(1, 900).Settle();
        driver.Append(1, 900).Settle();
        Close(driver.Files);
        var file = new FileId(kind, 1);
        Flip(file, kind == FileKind.Segment ? (2 * IDisk.Sector) + 600 : 60);
        var after = LogDriver.Open(Open());
        Assert.Equal((finding, file), (after.Report!.Findings[0].Kind, after.Report.Findings[0].File));
        Assert.Equal(kind == FileKind.Segment ? 1 : 0, after.Report.Faults.Count);
        Assert.Equal(3UL, after.Report.LastIndex);
        Close(after.Files);
    }

    [Fact]
    public void A_damaged_entry_is_repaired_for_good()
    {
        var driver = LogDriver.Format(disk: Open());
        driver.Append(1, 900).Settle().Append(1, 900).Settle().Append(1, 900).Settle();
        Close(driver.Files);
        Flip(new FileId(FileKind.Segment, 1), (2 * IDisk.Sector) + 600);
        var after = LogDriver.Open(Open());
        var copy = driver.Entries[1];
        Assert.Equal(WalRefusal.None, after.Log.Repair(
            1, copy.Header, copy.Payload, driver.Entries[0].Header.ChainHash));
        after.Settle();
        LoggedEntries.AssertSame(driver.Entries, after.Read(1, out _));
        Close(after.Files);
        var later = LogDriver.Open(Open());
        Assert.Empty(later.Report!.Faults);
        LoggedEntries.AssertSame(driver.Entries, later.Read(1, out _));
        Close(later.Files);
    }

    [Fact]
    public void A_log_may_begin_behind_a_snapshot()
    {
        var driver = LogDriver.Format(disk: Open());
        driver.Append(1, 100, count: 4).Settle();
        driver.Reset(driver.Beyond(3, 9)).Append(3, 100, count: 2).Settle();
        Close(driver.Files);
        var after = LogDriver.Open(Open());
        Assert.Equal((14UL, 15UL), (after.Report!.BaseIndex, after.Report.FirstIndex));
        Assert.NotEqual(ChainHash.Genesis, after.Report.BaseChain);
        LoggedEntries.AssertSame(driver.Entries, after.Read(15, out _));
        Close(after.Files);
    }
}
