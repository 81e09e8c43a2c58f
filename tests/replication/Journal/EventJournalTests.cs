using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Tests.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Journal;

public sealed class EventJournalTests
{
    private static readonly JournalOptions Small = new()
    {
        RecentBytes = 16 << 10,
        PieceBytes = 4 << 10,
        SegmentBytes = 32 << 10,
        QuotaBytes = 256 << 10,
    };

    private MemoryDisk _disk = new();
    private EventJournal _journal;

    public EventJournalTests()
    {
        _journal = new EventJournal(_disk, Small);
        _journal.Recover(0, 0);
    }

    [Fact]
    [Trait("Covers", "H-21")]
    public void Events_of_every_entry_come_back_in_order_from_memory_and_from_disk()
    {
        Append(1, 700);
        _journal.Flush();
        Settle();
        Assert.Equal(700UL, _journal.DurableIndex);
        AssertReads(1, 700, 5_000);
        AssertReads(1, 700, 50_000);
        AssertReads(333, 700, 3_000);
        Assert.Equal(JournalAnswer.AtEnd, Read(701, 3_000, out _).Answer);
    }

    [Fact]
    public void Flushes_at_any_place_leave_a_journal_that_reads_well()
    {
        for (var index = 1UL; index <= 400; index++)
        {
            Append(index, index);
            if (index % 7 == 0)
            {
                _journal.Flush();
                Settle();
                Assert.Equal(index, _journal.DurableIndex);
            }
        }

        _journal.Flush();
        Settle();
        Restart(400);
        AssertReads(1, 400, 4_000);
    }

    [Fact]
    [Trait("Covers", "DUR-04")]
    public void What_was_not_durable_is_made_again_by_replay_and_the_rest_is_kept()
    {
        Append(1, 200);
        _journal.Flush();
        Settle();
        Append(201, 260);
        Restart(200);
        Assert.Null(_journal.Missing);
        Assert.Equal(200UL, _journal.LastIndex);
        Append(201, 300);
        _journal.Flush();
        Settle();
        AssertReads(1, 300, 4_000);
    }

    [Fact]
    public void Events_written_beyond_the_snapshot_are_dropped_and_not_doubled()
    {
        Append(1, 500);
        _journal.Flush();
        Settle();
        Restart(300);
        Assert.Equal(300UL, _journal.LastIndex);
        Append(301, 320);
        _journal.Flush();
        Settle();
        AssertReads(1, 320, 4_000);
    }

    [Fact]
    public void Power_lost_at_every_request_loses_nothing_that_was_durable()
    {
        for (var at = 1; at < 40; at++)
        {
            _disk = new MemoryDisk();
            _journal = new EventJournal(_disk, Small);
            _journal.Recover(0, 0);
            var durable = 0UL;
            for (var index = 1UL; _disk.Completed < at; index++)
            {
                Append(index, index);
                if (index % 20 == 0)
                {
                    _journal.Flush();
                    if (_disk.Next() is { } request)
                    {
                        _journal.Complete(request);
                    }
                }

                durable = _journal.DurableIndex;
            }

            for (var kept = 0; kept < 2 && durable > 0; kept++)
            {
                _disk = _disk.PowerCut(kept);
                Restart(durable);
                Assert.Null(_journal.Missing);
                AssertReads(1, durable, 4_000);
            }
        }
    }

    [Fact]
    [Trait("Covers", "H-24")]
    public void A_damaged_record_is_a_gap_that_a_peer_fills_and_nothing_else_is_lost()
    {
        Append(1, 700);
        _journal.Flush();
        Settle();
        var peer = _journal;
        var peerDisk = _disk;
        var segments = _disk.List();
        Assert.True(segments.Count > 3);
        _disk = _disk.PowerCut(0);
        _disk.Flip(segments[1].File, 9_000);
        Restart(700);
        AssertReads(1, segments[1].File.Number - 1, 4_000);
        AssertReads(segments[2].File.Number, 700, 4_000);
        var from = segments[1].File.Number;
        JournalRead read;
        while ((read = Read(from, 4_000, out _)).Answer == JournalAnswer.Records)
        {
            from += (ulong)read.Count;
        }

        Assert.Equal(JournalAnswer.Gap, read.Answer);
        Assert.Equal(new IndexRange(from, segments[2].File.Number - 1), _journal.Missing);
        FillFrom(peer, peerDisk);
        AssertReads(1, 700, 4_000);
    }

    [Fact]
    public void After_an_install_the_missing_range_is_fetched_and_new_events_are_served_meanwhile()
    {
        Append(1, 500);
        _journal.Flush();
        Settle();
        var (peer, peerDisk) = (_journal, _disk);
        _disk = new MemoryDisk();
        _journal = new EventJournal(_disk, Small);
        _journal.Recover(0, 0);
        Append(1, 60);
        _journal.Flush();
        Settle();
        _journal.OnInstalled(450, ChainOf(450));
        Append(451, 500);
        Assert.Equal(new IndexRange(61, 450), _journal.Missing);
        Assert.Equal(JournalAnswer.Gap, Read(100, 4_000, out _).Answer);
        AssertReads(451, 500, 4_000);
        FillFrom(peer, peerDisk);
        AssertReads(1, 500, 4_000);
        _journal.Flush();
        Settle();
        Restart(500);
        Assert.Null(_journal.Missing);
        AssertReads(1, 500, 4_000);
    }

    [Fact]
    public void Records_of_a_peer_that_are_damaged_or_elsewhere_or_of_another_history_are_refused()
    {
        Append(1, 50);
        var records = new byte[4_000];
        var read = Read(11, records.Length, out var bytes);
        Assert.Equal(JournalAnswer.Records, read.Answer);
        bytes.CopyTo(records, 0);
        var length = read.Length;
        _journal = new EventJournal(new MemoryDisk(), Small);
        _journal.Recover(0, 0);
        _journal.Release(11);
        _journal.OnInstalled(10 + (ulong)read.Count, ChainOf(10 + (ulong)read.Count) + 1);
        Assert.Equal(new IndexRange(11, 10 + (ulong)read.Count), _journal.Missing);
        Assert.Equal(FillAnswer.Refused, _journal.Fill(records.AsSpan(0, length)));
        Assert.Equal(FillAnswer.Refused, _journal.Fill(records.AsSpan(0, length - 8)));
        Assert.Equal(FillAnswer.Refused, _journal.Fill([]));
        var first = MemoryMarshal.Read<JournalRecordHeader>(records).PaddedLength;
        Assert.Equal(FillAnswer.Refused, _journal.Fill(records.AsSpan(first, length - first)));
        records[40] ^= 1;
        Assert.Equal(FillAnswer.Refused, _journal.Fill(records.AsSpan(0, first)));
        records[40] ^= 1;
        Assert.Equal(FillAnswer.Taken, _journal.Fill(records.AsSpan(0, first)));
        Assert.Equal(FillAnswer.Busy, _journal.Fill(records.AsSpan(0, first)));
    }

    [Fact]
    public void Segments_stay_until_every_drain_has_passed_them_and_below_the_floor_is_a_gap()
    {
        Append(1, 700);
        _journal.Flush();
        Settle();
        var bytes = _journal.Bytes;
        _journal.Release(400);
        Settle();
        Assert.True(_journal.Bytes < bytes);
        Assert.InRange(_journal.Floor, 2UL, 400UL);
        Assert.Equal(JournalAnswer.Gap, Read(_journal.Floor - 1, 4_000, out _).Answer);
        AssertReads(_journal.Floor, 700, 4_000);
        Assert.Equal(_journal.Bytes, _disk.List().Sum(file => file.Length));
    }

    [Fact]
    public void Pressure_rises_with_what_drains_hold_back_and_the_journal_drops_nothing_by_itself()
    {
        var index = 0UL;
        var seen = new List<JournalPressure>();
        while (_journal.Pressure != JournalPressure.Overrun)
        {
            Append(index + 1, index += 50);
            _journal.Flush();
            Settle();
            if (seen.Count == 0 || seen[^1] != _journal.Pressure)
            {
                seen.Add(_journal.Pressure);
            }
        }

        Assert.Equal([JournalPressure.None, JournalPressure.Alarm, JournalPressure.Overrun], seen);
        Assert.Equal(1UL, _journal.Floor);
        _journal.Release(index);
        Settle();
        Assert.Equal(JournalPressure.None, _journal.Pressure);
    }

    [Fact]
    public void An_append_is_refused_while_the_disk_is_behind_and_taken_afterwards()
    {
        var index = 1UL;
        while (TryAppend(index))
        {
            index++;
        }

        Assert.InRange(index, 20UL, 1_000UL);
        Settle();
        Assert.True(TryAppend(index));
    }

    [Fact]
    public void An_entry_with_more_events_than_the_memory_holds_is_taken_and_comes_back()
    {
        Append(1, 10);
        var large = new byte[100_000];
        large.AsSpan().Fill(7);
        while (!_journal.TryAppend(new EntryHeader { Index = 11, Term = 3 }, large, 1))
        {
            Settle();
        }

        _journal.Flush();
        Settle();
        Append(12, 400);
        _journal.Flush();
        Settle();
        Assert.Equal(JournalAnswer.TooLong, Read(11, 4_000, out _).Answer);
        var read = Read(11, 101_000, out var bytes);
        Assert.Equal(JournalAnswer.Records, read.Answer);
        Assert.Equal(large, bytes[32..100_032]);
        AssertReads(12, 400, 4_000);
    }

    [Fact]
    public void A_write_that_fails_is_named_and_nothing_is_taken_after_it()
    {
        _disk.Fault = request => request.Operation == DiskOperation.Write ? DiskError.Device : DiskError.None;
        Append(1, 5);
        _journal.Flush();
        Settle();
        Assert.Equal(DiskError.Device, _journal.Fault);
        Assert.False(TryAppend(6));
        Assert.Equal(0UL, _journal.DurableIndex);
    }

    [Fact]
    public void Appending_and_writing_allocate_nothing_in_the_steady_state()
    {
        var events = new byte[100];
        for (var index = 1UL; index <= 2_000; index++)
        {
            AppendOne(index, events);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 2_001UL; index <= 2_100; index++)
        {
            AppendOne(index, events);
        }

        // A segment and its marks; nothing for each entry.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000);
    }

    private static byte[] EventsOf(ulong index) =>
        [.. Enumerable.Range(0, (int)(index * 37 % 300)).Select(i => (byte)((i + (int)index) & 255))];

    private static ulong ChainOf(ulong index) => index * 1_000_003;

    private void AppendOne(ulong index, byte[] events)
    {
        Assert.True(_journal.TryAppend(new EntryHeader { Index = index, Term = 3 }, events, index));
        while (_disk.Waiting > 0 && index % 50 == 0)
        {
            _journal.Complete(_disk.Next()!);
        }
    }

    private bool TryAppend(ulong index) => _journal.TryAppend(
        new EntryHeader { Index = index, Term = 3 }, EventsOf(index), ChainOf(index));

    private void Append(ulong first, ulong last)
    {
        for (var index = first; index <= last; index++)
        {
            while (!TryAppend(index))
            {
                Settle();
            }
        }
    }

    private void Settle()
    {
        while (_disk.Next() is { } request)
        {
            _journal.Complete(request);
        }
    }

    private void Restart(ulong index)
    {
        _disk = _disk.PowerCut(0);
        _journal = new EventJournal(_disk, Small);
        _journal.Recover(index, ChainOf(index));
    }

    private JournalRead Read(ulong from, int room, out byte[] bytes) => Read(_journal, _disk, from, room, out bytes);

    private static JournalRead Read(EventJournal journal, MemoryDisk disk, ulong from, int room, out byte[] bytes)
    {
        bytes = new byte[room];
        while (true)
        {
            journal.Read(from, bytes, out var read);
            if (read.Answer != JournalAnswer.Later)
            {
                return read;
            }

            journal.Complete(disk.Next()!);
        }
    }

    private void FillFrom(EventJournal peer, MemoryDisk peerDisk)
    {
        while (_journal.Missing is { } missing)
        {
            var read = Read(peer, peerDisk, missing.First, 4_000, out var bytes);
            Assert.Equal(JournalAnswer.Records, read.Answer);
            var (length, end) = (0, missing.First);
            while (length < read.Length && end <= missing.Last)
            {
                length += MemoryMarshal.Read<JournalRecordHeader>(bytes.AsSpan(length)).PaddedLength;
                end++;
            }

            while (_journal.Fill(bytes.AsSpan(0, length)) == FillAnswer.Busy)
            {
                _journal.Complete(_disk.Next()!);
            }

            Settle();
        }
    }

    private void AssertReads(ulong first, ulong last, int room)
    {
        for (var index = first; index <= last;)
        {
            var read = Read(index, room, out var bytes);
            Assert.True(read.Answer == JournalAnswer.Records, $"{index}: {read.Answer}");
            for (var at = 0; at < read.Length; index++)
            {
                var header = MemoryMarshal.Read<JournalRecordHeader>(bytes.AsSpan(at));
                Assert.Equal(index, header.Index);
                Assert.Equal(ChainOf(index), header.EventChainHash);
                Assert.Equal(EventsOf(index), bytes[(at + 32)..(at + (int)header.Length)]);
                at += header.PaddedLength;
            }
        }
    }
}
