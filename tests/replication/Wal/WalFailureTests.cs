using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

public sealed class WalFailureTests
{
    [Theory]
    [InlineData(DiskError.Device, WalFailure.Device)]
    [InlineData(DiskError.Short, WalFailure.Short)]
    [InlineData(DiskError.NoSpace, WalFailure.NoSpace)]
    [InlineData(DiskError.Name, WalFailure.Name)]
    public void A_write_that_failed_is_never_tried_again(DiskError error, WalFailure failure)
    {
        var driver = LogDriver.Format().Append(1, 100, count: 3).Settle();
        var durable = driver.Log.DurableTicket;
        driver.Append(1, 6000).Submit().Append(1, 6000).Submit();
        driver.CompleteNext(error);
        Assert.Equal(WalPhase.Failed, driver.Log.Phase);
        Assert.Equal(failure, driver.Log.Failure);
        driver.Submit();
        driver.Log.Tick(long.MaxValue / 2);
        Assert.Empty(driver.Disk.UnderWay);
        Assert.Equal(durable, driver.Log.DurableTicket);
        Assert.Equal(3UL, driver.Log.DurableIndex);
        Assert.Equal(long.MaxValue, driver.Log.NextDeadline);
        Assert.Equal(WalRefusal.Failed, driver.TryAppend(1, 10));
        Assert.Equal(WalRefusal.Failed, driver.Log.SetHardState(99, new WalHardState(2, 1, 0, 1)));
        Assert.Equal(WalRefusal.Failed, driver.Log.TruncateFrom(99, 3, 1, default));
        Assert.Equal(WalRefusal.Failed, driver.Log.Reset(99, 50, 1, default));
    }

    [Fact]
    public void What_a_failed_write_left_is_either_the_same_entry_or_none()
    {
        var driver = LogDriver.Format().Append(1, 100, count: 3).Settle();
        driver.Append(1, 6000).Submit();
        driver.CompleteNext(DiskError.Device);
        var after = LogDriver.Open(driver.Disk.Copy());
        Assert.Equal(3UL, after.Report!.LastIndex);
        Assert.Contains(after.Report.Findings, finding => finding.Kind == WalFindingKind.TornTail);

        // The place is used again by a later leader; what the failed write has left is never seen again.
        after.Knows(driver.Entries.Take(3)).Append(2, 50).Settle();
        var later = LogDriver.Open(after.Disk.Copy());
        LoggedEntries.AssertSame(after.Entries, later.Read(1, out _));
    }

    [Fact]
    public void A_superblock_that_cannot_be_written_fails_the_log()
    {
        var driver = LogDriver.Format().Vote(1, 1).Submit();
        driver.CompleteNext();
        driver.CompleteNext(DiskError.Device);
        Assert.Equal(WalFailure.Device, driver.Log.Failure);
        Assert.Equal(0UL, driver.Log.DurableTicket);
    }

    [Fact]
    public void A_full_disk_is_refused_ahead_and_votes_still_find_room()
    {
        var disk = new PowerCutDisk { Capacity = (2 * LogDriver.Small.SegmentBytes) + (2 * IDisk.Sector) };
        var driver = LogDriver.Format(disk: disk);
        var refusal = WalRefusal.None;
        while (refusal == WalRefusal.None)
        {
            refusal = driver.TryAppend(1, 3000);
            driver.Settle();
        }

        Assert.Equal(WalRefusal.NoSpace, refusal);
        Assert.True(driver.Log.IsFull);
        Assert.Equal(WalPhase.Open, driver.Log.Phase);
        driver.Vote(2, 1).Settle();
        driver.Truncate(driver.Log.LastIndex).Settle();
        Assert.Equal(driver.Ticket, driver.Log.DurableTicket);

        // Nothing of it was lost, and there is room again when a snapshot lets a segment go.
        var last = driver.Log.LastIndex;
        LoggedEntries.AssertSame(driver.Entries, driver.Read(1, out _));
        driver.Log.Release(last);
        driver.Settle();
        Assert.Equal(WalRefusal.None, driver.TryAppend(2, 3000));
        driver.Settle();
        var after = LogDriver.Open(driver.Disk.Copy());
        Assert.Equal(new WalHardState(2, 1, 0, 1), after.Report!.HardState);
        Assert.Equal(last + 1, after.Report.LastIndex);
    }

    [Fact]
    public void A_full_disk_is_tried_again_when_the_operator_has_made_room()
    {
        var disk = new PowerCutDisk { Capacity = (2 * LogDriver.Small.SegmentBytes) + (2 * IDisk.Sector) };
        var driver = LogDriver.Format(disk: disk);
        while (driver.TryAppend(1, 3000) == WalRefusal.None)
        {
            driver.Settle();
        }

        disk.Capacity = long.MaxValue;
        driver.Settle();
        Assert.Equal(WalRefusal.NoSpace, driver.TryAppend(1, 3000));
        driver.Log.TryAgain();
        driver.Settle();
        Assert.Equal(WalRefusal.None, driver.TryAppend(1, 3000));
    }

    [Fact]
    public void A_write_that_takes_too_long_is_a_stalled_disk()
    {
        var driver = LogDriver.Format();
        driver.Now = 5_000;
        driver.Append(1).Submit();
        var deadline = driver.Log.NextDeadline;
        Assert.Equal(5_000 + LogDriver.Small.StallAfter, deadline);
        driver.Log.Tick(deadline - 1);
        Assert.False(driver.Log.IsStalled);
        driver.Log.Tick(deadline);
        Assert.True(driver.Log.IsStalled);
        Assert.Equal(0UL, driver.Log.DurableTicket);

        // It was slow and not broken: what was under way counts, once it has come back.
        driver.Now = deadline + 10;
        driver.CompleteNext();
        Assert.False(driver.Log.IsStalled);
        Assert.Equal(1UL, driver.Log.DurableTicket);
    }

    [Fact]
    public void Nothing_is_taken_before_the_log_is_open()
    {
        var error = WriteAheadLog.Format(new PowerCutDisk(), LogDriver.Small, LogDriver.Identity, 1, out var log);
        Assert.Equal(WalOpenError.None, error);
        Assert.Equal(WalPhase.Opening, log!.Phase);
        Assert.Equal(WalRefusal.Opening, log.CanAppend(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Formatting_that_fails_at_any_step_fails_the_log(int step)
    {
        var disk = new PowerCutDisk();
        WriteAheadLog.Format(disk, LogDriver.Small, LogDriver.Identity, 1, out var log);
        log!.Submit(0);
        for (var i = 0; log.Phase == WalPhase.Opening; i++)
        {
            log.TryComplete(disk.CompleteNext(i == step ? DiskError.Device : DiskError.None), 0);
        }

        Assert.Equal(WalPhase.Failed, log.Phase);
        Assert.Equal(WalFailure.Device, log.Failure);
    }

    [Fact]
    public void Formatting_that_is_cut_off_leaves_a_blank_disk_or_a_log()
    {
        for (var step = 0; step < 12; step++)
        {
            var disk = new PowerCutDisk();
            WriteAheadLog.Format(disk, LogDriver.Small, LogDriver.Identity, 1, out var log);
            log!.Submit(0);
            for (var i = 0; i < step && disk.UnderWay.Count > 0; i++)
            {
                log.TryComplete(disk.CompleteNext(), 0);
            }

            foreach (var kept in (int[])[0, 512, IDisk.Sector])
            {
                var left = disk.Cut((_, _) => kept);
                var error = WriteAheadLog.Open(left, LogDriver.Small, null, out _, out _);
                if (error == WalOpenError.Blank)
                {
                    LogDriver.Format(disk: left).Append(1).Settle();
                }
                else if (error == WalOpenError.None)
                {
                    LogDriver.Open(left).Append(1).Settle();
                }
                else
                {
                    Assert.Fail($"{error} after {step} steps with {kept} bytes kept");
                }
            }
        }
    }
}
