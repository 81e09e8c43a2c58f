using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

public sealed class WriteAheadLogTests
{
    [Fact]
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
        AssertSame(before.Entries, after.Read(1, out var end));
        Assert.Equal(ReadOutcome.End, end);
    }

    [Fact]
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
        AssertSame(driver.Entries, after.Read(1, out _));
    }

    internal static void AssertSame(IReadOnlyList<LoggedEntry> expected, IReadOnlyList<LoggedEntry> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.True(LogDriver.Same(expected[i], actual[i]), $"entry {expected[i].Index} differs");
        }
    }
}
