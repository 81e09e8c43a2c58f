using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

public sealed class WalRecoveryTests
{
    private static readonly FileId First = new(FileKind.Segment, 1);

    [Fact]
    [Trait("Covers", "DUR-01")]
    [Trait("Covers", "H-25")]
    public void A_torn_end_is_cut_and_its_place_is_used_again()
    {
        var driver = LogDriver.Format().Append(1, 100, count: 3).Settle();
        driver.Append(1, 9000).Submit();
        var left = driver.Disk.Cut((_, sector) => sector == 0 ? IDisk.Sector : 0);
        var after = LogDriver.Open(left);
        Assert.Equal(WalFindingKind.TornTail, Assert.Single(after.Report!.Findings).Kind);
        Assert.Equal(3UL, after.Report.LastIndex);
        Assert.Empty(after.Report.Faults);
        after.Knows(driver.Entries.Take(3)).Append(2, 40).Settle();
        var later = LogDriver.Open(left);
        Assert.Empty(later.Report!.Findings);
        LoggedEntries.AssertSame(after.Entries, later.Read(1, out _));
    }

    [Fact]
    [Trait("Covers", "DUR-01")]
    public void Damage_in_the_middle_keeps_its_slot_and_is_repaired_from_a_peer()
    {
        var driver = Groups(6);
        driver.Disk.Flip(First, GroupOffset(driver, 4) + GroupHeader.Size + RecordHeader.Size + 96 + 10);
        var after = LogDriver.Open(driver.Disk);
        Assert.Equal(WalFindingKind.RecordDamaged, Assert.Single(after.Report!.Findings).Kind);
        Assert.Equal(6UL, after.Report.LastIndex);
        Assert.Equal([new WalFault(4, 4, driver.Entries[3].Header.ChainHash)], after.Report.Faults);
        Assert.Equal(3, after.Read(1, out var end).Count);
        Assert.Equal(ReadOutcome.Damaged, end);
        Assert.Equal(2, after.Read(5, out end).Count);

        Repair(after, driver, 4);
        LoggedEntries.AssertSame(driver.Entries, after.Read(1, out _));

        // The damaged bytes are still there after a restart, and so is what took their place.
        var later = LogDriver.Open(driver.Disk);
        Assert.Empty(later.Report!.Faults);
        LoggedEntries.AssertSame(driver.Entries, later.Read(1, out _));
    }

    [Fact]
    public void Only_the_entry_that_was_lost_repairs_damage()
    {
        var driver = Groups(6);
        driver.Disk.Flip(First, GroupOffset(driver, 4) + GroupHeader.Size + RecordHeader.Size + 96 + 10);
        var after = LogDriver.Open(driver.Disk).Knows(driver.Entries.Take(3));
        var other = after.Next(1, 77);
        var before = driver.Entries[2].Header.ChainHash;
        Assert.Equal(4UL, other.Index);
        Assert.Equal(WalRefusal.OtherEntry, after.Log.Repair(1, other.Header, other.Payload, before));
        Assert.Equal(WalRefusal.NotDamaged, after.Log.Repair(
            1, driver.Entries[4].Header, driver.Entries[4].Payload, driver.Entries[3].Header.ChainHash));
        Repair(after, driver, 4);
        Assert.Empty(after.Log.Faults);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Lost_groups_leave_a_hole_of_known_size(int groups)
    {
        var driver = Groups(8);
        for (var i = 0; i < groups; i++)
        {
            driver.Disk.Erase(First, GroupOffset(driver, 3 + (ulong)i), IDisk.Sector);
        }

        var after = LogDriver.Open(driver.Disk);
        var last = 2 + (ulong)groups;
        Assert.Equal(WalFindingKind.GroupLost, Assert.Single(after.Report!.Findings).Kind);
        Assert.Equal([new WalFault(3, last, driver.Entries[(int)last - 1].Header.ChainHash)], after.Report.Faults);
        Assert.Equal(8UL, after.Report.LastIndex);
        for (var index = last; index >= 3; index--)
        {
            Repair(after, driver, index);
        }

        LoggedEntries.AssertSame(driver.Entries, after.Read(1, out _));
        LoggedEntries.AssertSame(driver.Entries, LogDriver.Open(driver.Disk).Read(1, out _));
    }

    [Fact]
    public void A_lost_group_that_cut_the_log_is_a_hole_from_the_cut_on()
    {
        var driver = Groups(6);
        driver.Truncate(4).Append(2, 900).Settle();
        driver.Append(2, 900).Settle();
        driver.Disk.Erase(First, GroupOffset(driver, 7), IDisk.Sector);
        var after = LogDriver.Open(driver.Disk);
        Assert.Equal([new WalFault(4, 4, driver.Entries[3].Header.ChainHash)], after.Report!.Faults);
        Assert.Equal(5UL, after.Report.LastIndex);
        Assert.Equal([new TermRun(1, 1), new TermRun(4, 0), new TermRun(5, 2)], after.Report.Terms);
    }

    [Fact]
    public void A_lost_vote_is_known_from_the_group_behind_it()
    {
        var driver = Groups(2);
        driver.Vote(5, 3).Settle();
        driver.Append(5, 900).Settle();
        driver.Disk.Erase(First, GroupOffset(driver, 3), IDisk.Sector);
        driver.Disk.Flip(new FileId(FileKind.Superblock, 1), 40);
        var after = LogDriver.Open(driver.Disk);
        Assert.Equal(new WalHardState(5, 3, 0, 1), after.Report!.HardState);
        Assert.Empty(after.Report.Faults);
    }

    [Fact]
    public void A_lost_segment_is_a_hole_and_not_an_end()
    {
        var driver = Groups(50);
        Assert.True(driver.Log.SegmentCount >= 3);
        driver.Disk.Remove(new FileId(FileKind.Segment, 2));
        var after = LogDriver.Open(driver.Disk);
        Assert.Equal(50UL, after.Report!.LastIndex);
        var fault = Assert.Single(after.Report.Faults);
        Assert.Equal(driver.Entries[(int)fault.Last - 1].Header.ChainHash, fault.LastChain);
        Assert.Equal((int)fault.First - 1, after.Read(1, out _).Count);
        Assert.Equal(50 - (int)fault.Last, after.Read(fault.Last + 1, out _).Count);
    }

    [Fact]
    public void A_write_that_was_lost_behind_its_acknowledgement_is_noticed()
    {
        var driver = Groups(3);
        driver.Append(1, 9000).Submit();
        var torn = driver.Disk.Cut((_, sector) => sector == 2 ? 0 : IDisk.Sector);
        var place = (int)GroupOffset(driver, 3) + IDisk.Sector;
        var old = torn.Bytes(First)[place..];

        // The torn group is dropped, another takes its place, and that write never reaches the disk.
        var after = LogDriver.Open(torn).Knows(driver.Entries.Take(3));
        after.Append(2, 900).Settle();
        after.Append(2, 900).Settle();
        old.AsSpan(0, IDisk.Sector).CopyTo(torn.Bytes(First).AsSpan(place));
        var later = LogDriver.Open(torn);
        Assert.Contains(later.Report!.Findings, finding => finding.Kind == WalFindingKind.GroupStale);
        Assert.Equal(5UL, later.Report.LastIndex);
        LoggedEntries.AssertSame(after.Entries, later.Read(1, out _));
    }

    [Fact]
    public void A_write_that_went_astray_is_not_taken_for_what_belongs_there()
    {
        var driver = Groups(6);
        var bytes = driver.Disk.Bytes(First);
        var from = bytes.AsSpan((int)GroupOffset(driver, 5), IDisk.Sector).ToArray();
        from.CopyTo(bytes.AsSpan((int)GroupOffset(driver, 3)));
        var after = LogDriver.Open(driver.Disk);
        Assert.Equal([new WalFault(3, 3, driver.Entries[2].Header.ChainHash)], after.Report!.Faults);
    }

    [Fact]
    [Trait("Covers", "DUR-01")]
    public void Truncated_entries_never_come_back_whatever_of_the_log_is_left()
    {
        // etcd#22442: the overwrite lies at or below the snapshot, and the entries it replaced come back.
        var driver = LogDriver.Format();
        for (var i = 0UL; i < 40; i++)
        {
            driver.Append(1 + i, 2000, count: 3).Settle();
            driver.Truncate(driver.Log.LastIndex - 1).Append(2 + i, 100).Settle();
            driver.Log.Release(driver.Log.LastIndex);
            driver.Settle();
            var after = LogDriver.Open(driver.Disk.Copy());
            var first = after.Log.FirstIndex;
            Assert.Equal(driver.Log.LastIndex, after.Report!.LastIndex);
            Assert.Equal(driver.LastTerm, after.Report.LastTerm);
            LoggedEntries.AssertSame(
                [.. driver.Entries.Where(entry => entry.Index >= first)], after.Read(first, out _));
        }

        Assert.True(driver.Log.FirstIndex > 50);
    }

    [Fact]
    [Trait("Covers", "DUR-01")]
    public void No_flipped_bit_is_read_as_an_entry()
    {
        var run = new DamageRun();
        Assert.Equal("", run.Run());
        Assert.True(run.Flips > 8_000);
        Assert.True(run.Damaged > 500);
    }

    [Fact]
    public void Either_slot_of_the_superblock_is_enough_and_the_bad_one_is_named()
    {
        var driver = Groups(2);
        driver.Vote(3, 2).Settle();
        for (var slot = 0UL; slot < 2; slot++)
        {
            var disk = driver.Disk.Copy();
            disk.Flip(new FileId(FileKind.Superblock, slot), 50);
            var after = LogDriver.Open(disk);
            Assert.Equal(
                new WalFinding(WalFindingKind.SuperblockSlot, new FileId(FileKind.Superblock, slot), 0, 0),
                Assert.Single(after.Report!.Findings));
            Assert.Equal(new WalHardState(3, 2, 0, 1), after.Report.HardState);
        }
    }

    [Fact]
    public void Without_a_superblock_the_votes_are_not_known_and_the_disk_is_refused()
    {
        var driver = Groups(2);
        driver.Disk.Flip(new FileId(FileKind.Superblock, 0), 50);
        driver.Disk.Flip(new FileId(FileKind.Superblock, 1), 50);
        Assert.Equal(WalOpenError.SuperblockLost, Error(driver.Disk));
        driver.Disk.Remove(new FileId(FileKind.Superblock, 0));
        driver.Disk.Remove(new FileId(FileKind.Superblock, 1));
        Assert.Equal(WalOpenError.SuperblockLost, Error(driver.Disk));
    }

    [Fact]
    public void A_wiped_disk_is_blank_and_comes_back_under_another_incarnation()
    {
        Assert.Equal(WalOpenError.Blank, Error(new PowerCutDisk()));
        var driver = Groups(2);
        var again = LogDriver.Identity with { Incarnation = 2 };
        Assert.Equal(
            WalOpenError.NotBlank,
            WriteAheadLog.Format(driver.Disk, LogDriver.Small, again, 1, out _));
        Assert.Equal(1U, LogDriver.Open(driver.Disk).Report!.Identity.Incarnation);
    }

    [Fact]
    public void A_log_shorter_than_its_superblock_knows_is_refused()
    {
        var driver = Groups(60);
        Assert.True(driver.Log.SegmentCount >= 3);
        for (var segment = 2UL; segment < 8; segment++)
        {
            driver.Disk.Remove(new FileId(FileKind.Segment, segment));
        }

        Assert.Equal(WalOpenError.LogLost, Error(driver.Disk));
    }

    [Fact]
    public void A_restored_backup_says_how_far_it_goes()
    {
        var driver = Groups(3);
        driver.Vote(4, 2).Settle();
        var backup = driver.Disk.Copy();
        driver.Vote(5, 1).Append(5, 100, count: 4).Settle();
        var after = LogDriver.Open(backup);
        Assert.Equal((3UL, 4UL, 1U), (
            after.Report!.LastIndex, after.Report.HardState.Term, after.Report.Identity.Incarnation));
    }

    [Fact]
    public void A_segment_of_another_size_is_refused()
    {
        var driver = Groups(2);
        var larger = LogDriver.Small with { SegmentBytes = LogDriver.Small.SegmentBytes * 2 };
        Assert.Equal(WalOpenError.SegmentSize, WriteAheadLog.Open(driver.Disk, larger, null, out _, out _));
    }

    [Fact]
    public void Sectors_that_cannot_be_read_are_named_and_the_rest_is_kept()
    {
        var driver = Groups(5);
        driver.Disk.Break(First, GroupOffset(driver, 3));
        var after = LogDriver.Open(driver.Disk);
        Assert.Equal(
            [WalFindingKind.Unreadable, WalFindingKind.GroupLost],
            after.Report!.Findings.Select(finding => finding.Kind));
        Assert.Equal([new WalFault(3, 3, driver.Entries[2].Header.ChainHash)], after.Report.Faults);
    }

    [Fact]
    public void A_long_recovery_says_how_far_it_is()
    {
        var driver = Groups(50);
        var progress = new Progress();
        LogDriver.Open(driver.Disk, progress: progress);
        Assert.True(progress.Reports.Count >= 3);
        Assert.Equal(progress.Reports[^1].Total, progress.Reports[^1].Read);
        Assert.Equal(50UL, progress.Reports[^1].Last);
    }

    // One entry of 900 bytes in each group: one sector.
    private static LogDriver Groups(int count)
    {
        var driver = LogDriver.Format();
        for (var i = 0; i < count; i++)
        {
            driver.Append(1, 900).Settle();
        }

        return driver;
    }

    // The n-th group behind the one that opens the log.
    private static long GroupOffset(LogDriver driver, ulong group)
    {
        var bytes = driver.Disk.Bytes(First);
        for (var offset = 0L; offset < bytes.Length; offset += IDisk.Sector)
        {
            var isRead = GroupHeader.TryRead(
                bytes.AsSpan((int)offset), LogDriver.Identity, 1, offset, bytes.Length, out var header);
            if (isRead && header.Sequence == group + 1)
            {
                return offset;
            }
        }

        throw new ArgumentException($"there is no group {group}");
    }

    private static void Repair(LogDriver log, LogDriver peer, ulong index)
    {
        var copy = peer.Entries[(int)index - 1];
        var before = index > 1 ? peer.Entries[(int)index - 2].Header.ChainHash : ChainHash.Genesis;
        Assert.Equal(WalRefusal.None, log.Log.Repair(1, copy.Header, copy.Payload, before));
        log.Settle();
    }

    private static WalOpenError Error(PowerCutDisk disk) =>
        WriteAheadLog.Open(disk, LogDriver.Small, null, out _, out _);

    private sealed class Progress : IWalProgress
    {
        public List<(long Read, long Total, ulong Last)> Reports { get; } = [];

        public void Report(long bytesRead, long bytesTotal, ulong lastIndex) =>
            Reports.Add((bytesRead, bytesTotal, lastIndex));
    }
}
