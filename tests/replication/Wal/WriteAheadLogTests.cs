using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

public sealed class WriteAheadLogTests
{
    [Fact]
    [Trait("Covers", "DUR-01")]
    public void What_was_written_is_read_again_after_a_restart()
    {
        var before = LogDriver.Format();
        before.Vote(3, 2).Append(3, 100, count: 20).Settle();
        var after = LogDriver.Open(before.Disk);
        Assert.Equal(new WalHardState(3, 2, 0, 1), after.Report!.HardState);
        Assert.Equal(20UL, after.Report.LastIndex);
        Assert.Equal(3UL, after.Report.LastTerm);
        Assert.Equal([new TermRun(1, 3)], after.Report.Terms);
        Assert.Empty(after.Report.Findings);
        LoggedEntries.AssertSame(before.Entries, after.Read(1, out var end));
        Assert.Equal(ReadOutcome.End, end);
    }

    [Fact]
    [Trait("Covers", "DUR-03")]
    public void What_is_given_while_a_write_is_under_way_goes_out_as_one_group()
    {
        var driver = LogDriver.Format();
        driver.Append(1).Submit();
        Assert.Single(driver.Disk.UnderWay);
        driver.Append(1, 100, count: 5).Submit();
        Assert.Single(driver.Disk.UnderWay);
        Assert.Equal(0UL, driver.Log.DurableTicket);
        driver.CompleteNext();
        Assert.Equal(1UL, driver.Log.DurableTicket);
        Assert.Single(driver.Disk.UnderWay);
        driver.CompleteNext();
        Assert.Equal(6UL, driver.Log.DurableTicket);
        Assert.Equal(6UL, driver.Log.DurableIndex);
        Assert.Empty(driver.Disk.UnderWay);
    }

    [Fact]
    public void The_sizes_that_are_set_go_together() => new WalOptions().Validate();

    [Fact]
    public void Segments_change_and_all_entries_stay()
    {
        var driver = LogDriver.Format();
        for (var i = 0; i < 60; i++)
        {
            driver.Append(1, 3000).Settle();
        }

        Assert.True(driver.Log.SegmentCount > 2);
        var after = LogDriver.Open(driver.Disk);
        Assert.Empty(after.Report!.Findings);
        LoggedEntries.AssertSame(driver.Entries, after.Read(1, out _));
    }

    [Fact]
    public void A_sector_that_was_acknowledged_is_never_written_again()
    {
        var driver = LogDriver.Format();
        var written = new HashSet<(FileId, long)>();
        for (var i = 0; i < 80; i++)
        {
            driver.Append(1, 500 * (i % 9)).Submit();
            while (driver.Disk.UnderWay.Count > 0)
            {
                var request = driver.Disk.UnderWay[0];
                var length = request.File.Kind == FileKind.Segment ? request.Buffer.Length : 0;
                for (var at = 0; at < length; at += IDisk.Sector)
                {
                    var sector = (request.File, request.Offset + at);
                    Assert.True(written.Add(sector), $"{sector}");
                }

                driver.CompleteNext();
            }
        }

        Assert.True(written.Count > 80);
    }

    [Fact]
    public void A_vote_is_durable_when_the_log_and_the_superblock_are()
    {
        var driver = LogDriver.Format();
        driver.Vote(2, 3).Submit();
        Assert.Equal(2, driver.Disk.UnderWay.Count);
        driver.Append(2).Submit();
        driver.CompleteNext();
        Assert.Equal(0UL, driver.Log.DurableTicket);
        Assert.Equal(0UL, driver.Log.HardState.Term);
        Assert.Single(driver.Disk.UnderWay);
        driver.CompleteNext();
        Assert.Equal(1UL, driver.Log.DurableTicket);
        Assert.Equal(new WalHardState(2, 3, 0, 1), driver.Log.HardState);
    }

    [Fact]
    public void A_full_queue_refuses_entries_and_still_takes_a_vote()
    {
        var driver = LogDriver.Format();
        driver.Append(1).Submit();
        var taken = 0;
        while (driver.TryAppend(1, 8000) == WalRefusal.None)
        {
            taken++;
            Assert.True(taken < 10);
        }

        Assert.Equal(WalRefusal.Full, driver.Log.CanAppend(8000));
        driver.Vote(2, 1);
        driver.Settle();
        Assert.Equal(driver.Ticket, driver.Log.DurableTicket);
        Assert.Equal(WalRefusal.None, driver.Log.CanAppend(8000));
        var after = LogDriver.Open(driver.Disk);
        LoggedEntries.AssertSame(driver.Entries, after.Read(1, out _));
    }

    [Fact]
    [Trait("Covers", "H-25")]
    public void An_entry_longer_than_a_group_is_refused()
    {
        var driver = LogDriver.Format();
        var most = LogDriver.Small.PayloadBytesMax;
        Assert.Equal(WalRefusal.TooLong, driver.TryAppend(1, most + 1));
        Assert.Equal(WalRefusal.None, driver.TryAppend(1, most));
        driver.Settle();
        LoggedEntries.AssertSame(driver.Entries, LogDriver.Open(driver.Disk).Read(1, out _));
    }

    [Fact]
    public void Segments_that_a_snapshot_covers_are_used_again()
    {
        var driver = LogDriver.Format();
        var most = 0;
        for (var i = 0; i < 200; i++)
        {
            driver.Append(1, 3000);
            driver.Log.Release(driver.Log.DurableIndex - Math.Min(driver.Log.DurableIndex, 5));
            driver.Settle();
            most = Math.Max(most, driver.Disk.List().Count);
        }

        Assert.True(most <= 2 + 2 + 1 + LogDriver.Small.SparesMax, $"{most} files");
        Assert.True(driver.Log.FirstIndex > 150);
        var after = LogDriver.Open(driver.Disk);
        Assert.Empty(after.Report!.Findings);
        Assert.Equal(driver.Log.FirstIndex, after.Report.FirstIndex);
        var first = after.Log.FirstIndex;
        LoggedEntries.AssertSame([.. driver.Entries.Where(entry => entry.Index >= first)], after.Read(first, out _));
    }

    [Fact]
    public void The_slowest_reader_keeps_its_segments()
    {
        var driver = LogDriver.Format().Append(1, 3000).Settle();
        Assert.True(driver.Log.TryOpenReader(1, out var reader));
        for (var i = 0; i < 60; i++)
        {
            driver.Append(1, 3000);
            driver.Log.Release(driver.Log.DurableIndex);
            driver.Settle();
        }

        Assert.Equal(1UL, driver.Log.FirstIndex);
        LoggedEntries.AssertSame(driver.Entries, driver.Read(1, out _));
        reader!.Close();
        driver.Append(1).Settle();
        Assert.True(driver.Log.FirstIndex > 20);
    }

    [Fact]
    public void An_idle_log_seals_its_last_group_once()
    {
        var driver = LogDriver.Format().Append(1).Settle();
        Assert.Equal(driver.Now + LogDriver.Small.SealAfter, driver.Log.NextDeadline);
        driver.Log.Tick(driver.Now + LogDriver.Small.SealAfter - 1);
        Assert.Empty(driver.Disk.UnderWay);
        driver.Log.Tick(driver.Now + LogDriver.Small.SealAfter);
        Assert.Single(driver.Disk.UnderWay);
        driver.Settle();
        Assert.Equal(long.MaxValue, driver.Log.NextDeadline);
        driver.Log.Tick(driver.Now + (100 * LogDriver.Small.SealAfter));
        Assert.Empty(driver.Disk.UnderWay);
    }

    [Fact]
    public void A_log_may_start_behind_a_snapshot_from_a_peer()
    {
        var driver = LogDriver.Format().Append(1, 100, count: 5).Settle();
        driver.Reset(driver.Beyond(4, 19)).Append(4, 100, count: 3).Settle();
        Assert.Equal(26UL, driver.Log.FirstIndex);
        LoggedEntries.AssertSame(driver.Entries, driver.Read(26, out _));
        var after = LogDriver.Open(driver.Disk);
        Assert.Equal((25UL, 4UL, 26UL, 28UL), (
            after.Report!.BaseIndex, after.Report.BaseTerm, after.Report.FirstIndex, after.Report.LastIndex));
        LoggedEntries.AssertSame(driver.Entries, after.Read(26, out _));
        after.Read(25, out var end);
        Assert.Equal(ReadOutcome.Gone, end);
    }

    [Fact]
    public void A_thousand_entries_are_appended_written_and_read_without_allocating()
    {
        // One segment: making another one is the disk's business.
        var driver = LogDriver.Format(LogDriver.Small with { SegmentBytes = 32 << 20 });
        driver.Append(1, 120, count: 41).Settle();
        using var hasher = new ChainHasher();
        var header = driver.Entries[^1].Header;
        var payload = driver.Entries[^1].Payload;
        var ticket = driver.Ticket;
        Assert.True(driver.Log.TryOpenReader(driver.Log.LastIndex + 1, out var reader));
        var refused = 0;
        var files = driver.Files;

        // What the log allocates, and not the disk of the test: by differences around each call of the log. The
        // fewest of several rounds, because the runtime allocates on this thread as well, at times of its own.
        var bytes = long.MaxValue;
        for (var round = 0; round < 20 && bytes > 0; round++)
        {
            var outside = 0L;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                var previous = header.ChainHash;
                header.Index++;
                EntryCodec.Seal(ref header, payload, in previous, hasher);
                var refusal = driver.Log.Append(++ticket, in header, payload);
                refused += refusal == WalRefusal.None ? 0 : 1;
                if (i % 10 != 0 && i != 999)
                {
                    continue;
                }

                driver.Log.Release(header.Index - 20);
                driver.Log.Submit(driver.Now);
                outside += CompleteAll(driver, files);
            }

            var outcome = ReadOutcome.Entry;
            while (outcome is ReadOutcome.Entry or ReadOutcome.Pending)
            {
                outcome = reader!.Read(out _, out _);
                outside += outcome == ReadOutcome.Pending ? CompleteAll(driver, files) : 0;
            }

            bytes = Math.Min(bytes, GC.GetAllocatedBytesForCurrentThread() - before - outside);
        }

        Assert.Equal(header.Index + 1, reader!.Next);
        Assert.Equal(0, refused);
        Assert.Equal(0, bytes);
    }

    // Bytes that the test's own disk allocated.
    private static long CompleteAll(LogDriver driver, IDrivenDisk files)
    {
        var outside = 0L;
        while (!files.IsIdle)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var request = files.CompleteNext();
            outside += GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(driver.Log.TryComplete(request, driver.Now));
        }

        return outside;
    }
}
