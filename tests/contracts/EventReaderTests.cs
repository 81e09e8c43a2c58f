using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class EventReaderTests
{
    private static readonly EventKind[] Kinds =
        [.. EventLayouts.Kinds.ToArray().Where(kind => !EventLayouts.IsFrame(kind))];

    [Fact]
    [Trait("Covers", "EVT-01")]
    public void Every_event_comes_out_with_its_full_envelope()
    {
        var bytes = Stream();
        var reader = new EventReader(bytes);
        foreach (var kind in Kinds)
        {
            Assert.True(reader.TryRead(out var envelope));
            Assert.Equal(kind, envelope.Kind);
            Assert.Equal(EventId.Of(3, 7, envelope.Sequence), envelope.EventId);
            Assert.Equal(1, envelope.EventVersion);
            Assert.Equal(7u, envelope.Stream);
            Assert.Equal(new InstrumentId(7), envelope.Instrument);
            Assert.Equal(Read<EventHeader>(Sample.Of(kind)).Sequence, envelope.Sequence);
            var entry = Read<EntryFrame>(Sample.Of(EventKind.Entry));
            Assert.Equal(entry.Term, envelope.Term);
            Assert.Equal(entry.Timestamp, envelope.OccurredAt);
            Assert.Equal(entry.Header.Sequence, envelope.Index);
            Assert.Equal(3, envelope.Epoch);
            var cause = Read<CauseFrame>(Sample.Of(EventKind.Cause));
            Assert.Equal(cause.Header.Stream, envelope.Offset);
            Assert.Equal(cause.Header.Sequence, envelope.CauseStamp);
            Assert.Equal(cause.Causation, envelope.CausationId);
            Assert.Equal(cause.Correlation, envelope.CorrelationId);
            Assert.Equal(Sample.Of(kind), envelope.Bytes.ToArray());
            Assert.Equal(Sample.Of(kind)[16..], envelope.Payload.ToArray());
        }

        Assert.False(reader.TryRead(out _));
        Assert.Equal(EventError.None, reader.Error);
        Assert.Equal(bytes.Length, reader.Position);
    }

    [Fact]
    public void Each_event_has_the_frames_that_stand_before_it()
    {
        byte[] bytes =
        [
            .. Frame(index: 5), .. Cause(offset: 0), .. Sample.Of(EventKind.BookDelta), .. Cause(offset: 4),
            .. Sample.Of(EventKind.BookDelta), .. Frame(index: 6), .. Cause(CauseFrame.TimerOffset),
            .. Sample.Of(EventKind.TimerFired),
        ];
        var reader = new EventReader(bytes);
        foreach (var (index, offset) in new[] { (5UL, 0u), (5UL, 4u), (6UL, CauseFrame.TimerOffset) })
        {
            Assert.True(reader.TryRead(out var envelope));
            Assert.Equal((index, offset), (envelope.Index, envelope.Offset));
        }

        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void Event_is_viewed_as_its_layout_and_no_other()
    {
        byte[] bytes = [.. Frame(1), .. Cause(0), .. Sample.Of(EventKind.TradeExecuted)];
        var reader = new EventReader(bytes);
        Assert.True(reader.TryRead(out var envelope));
        Assert.Equal(Read<TradeExecuted>(Sample.Of(EventKind.TradeExecuted)).Price, envelope.As<TradeExecuted>().Price);
        Assert.Throws<InvariantViolationException>(static () =>
        {
            byte[] bytes = [.. Frame(1), .. Cause(0), .. Sample.Of(EventKind.TradeExecuted)];
            var reader = new EventReader(bytes);
            reader.TryRead(out var envelope);
            return envelope.As<BookDelta>().Price;
        });
    }

    [Fact]
    public void Instrument_is_none_in_the_other_streams()
    {
        foreach (var stream in new[] { EventStream.System, EventStream.Ledger })
        {
            var administered = Sample.Of(EventKind.Administered);
            Sample.Set(administered, typeof(Administered), "Header.Stream", stream);
            byte[] bytes = [.. Frame(1), .. Cause(0), .. administered];
            var reader = new EventReader(bytes);
            Assert.True(reader.TryRead(out var envelope));
            Assert.Equal(stream, envelope.Stream);
            Assert.Equal(default, envelope.Instrument);
        }
    }

    [Fact]
    public void Events_cut_short_anywhere_end_clean_between_two_and_truncated_within_one()
    {
        var bytes = Stream();
        var ends = new HashSet<int> { 0 };
        for (var position = 0; position < bytes.Length; ends.Add(position))
        {
            position += BitConverter.ToUInt16(bytes, position);
        }

        for (var length = 0; length <= bytes.Length; length++)
        {
            var (error, position) = ReadAll(bytes[..length]);
            Assert.Equal(ends.Contains(length) ? EventError.None : EventError.Truncated, error);
            Assert.Equal(ends.Where(end => end <= length).Max(), position);
        }
    }

    public static TheoryData<string, EventError> Breaks => new()
    {
        { "kind", EventError.UnknownKind },
        { "version", EventError.UnsupportedVersion },
        { "length", EventError.Length },
        { "no entry frame", EventError.MissingFrame },
        { "no cause frame", EventError.MissingFrame },
        { "cause frame of another entry", EventError.MissingFrame },
        { "cause without entry", EventError.MissingFrame },
        { "index", EventError.EntryFrame },
        { "time", EventError.EntryFrame },
        { "epoch", EventError.EntryFrame },
        { "causation", EventError.CauseFrame },
        { "stream", EventError.Stream },
        { "sequence", EventError.Sequence },
    };

    [Theory]
    [Trait("Covers", "EVT-01")]
    [MemberData(nameof(Breaks))]
    public void Event_that_lacks_a_part_of_its_envelope_is_refused(string what, EventError expected)
    {
        var entry = Frame(5);
        var cause = Cause(0);
        var delta = Sample.Of(EventKind.BookDelta);
        byte[] good = [.. entry, .. cause, .. delta];
        byte[] bad = what switch
        {
            "kind" => [.. good, .. With(delta, "Header.Kind", 9)],
            "version" => [.. good, .. With(delta, "Header.Version", 2)],
            "length" => [.. good, .. With(delta, "Header.Length", 39)],
            "no entry frame" => delta,
            "no cause frame" => [.. entry, .. delta],
            "cause frame of another entry" => [.. good, .. Frame(6), .. delta],
            "cause without entry" => [.. cause, .. delta],
            "index" => [.. good, .. Frame(0)],
            "time" => [.. good, .. With(entry, "Timestamp", 0)],
            "epoch" => [.. good, .. With(entry, "Header.Stream", 65_536)],
            "causation" => [.. good, .. With(cause, "Causation", 0)],
            "stream" => [.. good, .. With(delta, "Header.Stream", 65_536)],
            "sequence" => [.. good, .. With(delta, "Header.Sequence", 0)],
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        var reader = new EventReader(bad);
        while (reader.TryRead(out _))
        {
        }

        Assert.Equal(expected, reader.Error);
        Assert.False(reader.TryRead(out _));
        Assert.Equal(expected, reader.Error);
    }

    [Fact]
    public void Any_changed_byte_is_read_or_refused_but_never_thrown_over()
    {
        var original = Stream();
        for (var place = 0; place < original.Length; place++)
        {
            foreach (var value in new byte[] { 0, 1, 2, 16, 127, 255 })
            {
                var bytes = (byte[])original.Clone();
                bytes[place] = value;
                var (error, position) = ReadAll(bytes);
                Assert.True(Enum.IsDefined(error));
                Assert.Equal(error == EventError.None, position == bytes.Length);
            }
        }
    }

    [Fact]
    public void Parts_of_an_event_id_come_back()
    {
        (ushort Epoch, uint Stream, ulong Sequence)[] parts =
            [(1, 2, 3), (ushort.MaxValue, uint.MaxValue, ulong.MaxValue)];
        foreach (var (epoch, stream, sequence) in parts)
        {
            var id = EventId.Of(epoch, stream, sequence);
            Assert.Equal((epoch, stream, sequence), (id.Epoch, id.Stream, id.Sequence));
        }

        Assert.Equal(new UInt128(0x0001_0000_0002, 3), EventId.Of(1, 2, 3).Value);
    }

    [Fact]
    public void Thousand_events_read_allocate_nothing()
    {
        var bytes = Stream();
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                ReadAll(bytes);
            }
        }));
    }

    private static byte[] Stream() =>
        [.. Sample.Of(EventKind.Entry), .. Sample.Of(EventKind.Cause), .. Kinds.SelectMany(Sample.Of)];

    private static byte[] Frame(ulong index) => With(Sample.Of(EventKind.Entry), "Header.Sequence", index);

    private static byte[] Cause(uint offset) => With(Sample.Of(EventKind.Cause), "Header.Stream", offset);

    private static byte[] With(byte[] bytes, string field, ulong value)
    {
        var changed = (byte[])bytes.Clone();
        Sample.Set(changed, Sample.LayoutOf((EventKind)bytes[2]), field, value);
        return changed;
    }

    private static (EventError Error, int Position) ReadAll(byte[] bytes)
    {
        var reader = new EventReader(bytes);
        while (reader.TryRead(out _))
        {
        }

        return (reader.Error, reader.Position);
    }

    private static T Read<T>(byte[] bytes)
        where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.Read<T>(bytes);
}
