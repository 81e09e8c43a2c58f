using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

public sealed class LogReaderTests
{
    [Fact]
    [Trait("Covers", "H-25")]
    public void A_log_larger_than_the_readers_buffer_is_streamed()
    {
        var driver = LogDriver.Format();
        for (var i = 0; i < 40; i++)
        {
            driver.Append(1, 700 * (i % 12), count: 2).Settle();
        }

        for (var from = 1UL; from <= 80; from += 13)
        {
            var expected = driver.Entries.Where(entry => entry.Index >= from).ToList();
            LoggedEntries.AssertSame(expected, driver.Read(from, out var end));
            Assert.Equal(ReadOutcome.End, end);
        }
    }

    [Fact]
    public void A_reader_waits_for_the_disk_and_goes_no_further_than_what_is_durable()
    {
        var driver = LogDriver.Format().Append(1, 100, count: 3).Settle();
        driver.Append(1, 100, count: 2).Submit();
        Assert.True(driver.Log.TryOpenReader(1, out var reader));
        Assert.Equal(ReadOutcome.Pending, reader!.Read(out _, out _));
        Assert.Equal(ReadOutcome.Pending, reader.Read(out _, out _));
        driver.Give(driver.Disk.Complete(driver.Disk.UnderWay[1]));
        for (var i = 1UL; i <= 3; i++)
        {
            Assert.Equal(ReadOutcome.Entry, reader.Read(out var header, out _));
            Assert.Equal(i, header.Index);
        }

        Assert.Equal(ReadOutcome.End, reader.Read(out _, out _));
        driver.Settle();
        Assert.Equal(ReadOutcome.Pending, reader.Read(out _, out _));
        driver.Settle();
        Assert.Equal(ReadOutcome.Entry, reader.Read(out _, out _));
    }

    [Fact]
    public void A_reader_sees_what_replaced_a_truncated_entry()
    {
        var driver = LogDriver.Format();
        driver.Append(1, 100, count: 10).Settle();
        driver.Truncate(6).Append(2, 50, count: 3).Settle();
        driver.Truncate(8).Append(3, 60, count: 4).Settle();
        for (var from = 1UL; from <= 11; from++)
        {
            var expected = driver.Entries.Where(entry => entry.Index >= from).ToList();
            LoggedEntries.AssertSame(expected, driver.Read(from, out _));
        }
    }

    [Fact]
    public void A_reader_notices_that_the_log_changed_while_the_disk_was_reading()
    {
        var driver = LogDriver.Format().Append(1, 100, count: 6).Settle();
        Assert.True(driver.Log.TryOpenReader(4, out var reader));
        Assert.Equal(ReadOutcome.Pending, reader!.Read(out _, out _));
        driver.Truncate(4).Append(2, 70, count: 2).Submit();
        driver.Give(driver.Disk.Complete(driver.Disk.UnderWay[1]));
        driver.Settle();
        var header = default(EntryHeader);
        for (var i = 0; i < 4 && reader.Read(out header, out _) != ReadOutcome.Entry; i++)
        {
            driver.Settle();
        }

        Assert.Equal((4UL, 2UL), (header.Index, header.Term));
    }

    [Fact]
    public void There_is_a_bound_to_readers_and_a_closed_one_makes_room()
    {
        var driver = LogDriver.Format(LogDriver.Small with { ReadersMax = 1 }).Append(1).Settle();
        Assert.True(driver.Log.TryOpenReader(1, out var reader));
        Assert.False(driver.Log.TryOpenReader(1, out _));
        Assert.Equal(ReadOutcome.Pending, reader!.Read(out _, out _));

        // The disk still has its buffer: it counts until that comes back.
        reader.Close();
        Assert.False(driver.Log.TryOpenReader(1, out _));
        driver.Settle();
        Assert.True(driver.Log.TryOpenReader(1, out _));
    }

    [Fact]
    [Trait("Covers", "DUR-01")]
    public void Decay_is_found_when_it_is_read_and_no_more_than_that_is_lost()
    {
        var driver = LogDriver.Format().Append(1, 900, count: 6).Settle();
        var offset = Find(driver, 4);
        driver.Disk.Flip(new FileId(FileKind.Segment, 1), offset + 300);
        var read = driver.Read(1, out var end);
        Assert.Equal(3, read.Count);
        Assert.Equal(ReadOutcome.Damaged, end);
        Assert.Equal([new WalFault(4, 4, default)], driver.Log.Faults);
        Assert.Equal(2, driver.Read(5, out end).Count);
        Assert.Equal(ReadOutcome.End, end);

        var copy = driver.Entries[3];
        Assert.Equal(WalRefusal.None, driver.Log.Repair(
            driver.Ticket + 1, copy.Header, copy.Payload, driver.Entries[2].Header.ChainHash));
        driver.Settle();
        Assert.Empty(driver.Log.Faults);
        LoggedEntries.AssertSame(driver.Entries, driver.Read(1, out _));
    }

    [Fact]
    public void A_sector_that_cannot_be_read_loses_what_it_held_and_no_more()
    {
        var driver = LogDriver.Format();
        for (var i = 0; i < 8; i++)
        {
            driver.Append(1, 900).Settle();
        }

        driver.Disk.Break(new FileId(FileKind.Segment, 1), Find(driver, 4) / IDisk.Sector * IDisk.Sector);
        Assert.Equal(3, driver.Read(1, out var end).Count);
        Assert.Equal(ReadOutcome.Damaged, end);
        var fault = Assert.Single(driver.Log.Faults);
        Assert.Equal(4UL, fault.First);
    }

    // Where the entry's bytes begin in the first segment.
    private static long Find(LogDriver driver, ulong index)
    {
        var chain = driver.Entries[(int)index - 1].Header.ChainHash;
        var bytes = driver.Disk.Bytes(new FileId(FileKind.Segment, 1));
        var pattern = new byte[32];
        System.Runtime.InteropServices.MemoryMarshal.Write(pattern, in chain);

        // The last 32 bytes of the entry's header; group headers behind it name it as well.
        return bytes.AsSpan().IndexOf(pattern) - EntryCodec.ChainedSize;
    }
}
