using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Tests.Snapshots;

/// <summary>
/// A machine that is no exchange: records of any length under any key, set and removed by its entries. Simple on
/// purpose: a cut copies everything.
/// </summary>
internal sealed class RecordMachine : IStateMachine
{
    /// <summary>The value under this key is the position that a drain has reached.</summary>
    public const ulong DrainKey = 0xD7A1;

    public const int EventSize = 32;

    private const ushort Globals = 1;
    private const ushort Values = 2;

    private readonly SortedDictionary<(ushort Kind, UInt128 Key), byte[]> _records = [];
    private readonly SortedDictionary<(ushort Kind, UInt128 Key), ulong> _shares = [];
    private readonly SortedSet<(ushort Kind, UInt128 Key)> _changed = [];
    private Cut? _cut;

    public RecordMachine() => SetGlobals(0, 0);

    /// <summary>The first entry that the drain has not passed.</summary>
    public ulong DrainFloor => _records.TryGetValue((Values, DrainKey), out var text)
        ? ulong.Parse(System.Text.Encoding.ASCII.GetString(text), System.Globalization.CultureInfo.InvariantCulture)
        : ulong.MaxValue;


    public ulong AppliedIndex => BinaryPrimitives.ReadUInt64LittleEndian(_records[(Globals, 0)]);

    public long NextDeadline => long.MaxValue;

    public ulong StateHash { get; private set; }

    public ulong EventChainHash => BinaryPrimitives.ReadUInt64LittleEndian(_records[(Globals, 0)].AsSpan(8));

    public static byte[] Payload(params (UInt128 Key, string Value)[] changes)
    {
        var payload = new List<byte>();
        foreach (var (key, value) in changes)
        {
            payload.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in key)));
            payload.AddRange(BitConverter.GetBytes(value.Length));
            payload.AddRange(System.Text.Encoding.ASCII.GetBytes(value));
        }

        return [.. payload];
    }

    public void Apply(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
    {
        Invariant.Check(header.Index == AppliedIndex + 1);
        var start = events.Length;
        for (var rest = header.Kind == EntryKind.Commands ? payload : default; !rest.IsEmpty;)
        {
            var key = MemoryMarshal.Read<UInt128>(rest);
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest[16..]);
            Set((Values, key), rest.Slice(20, length).ToArray());
            Tell((byte)(key & 1), header.Index, StableHash.Of(rest.Slice(20, length), 0), events);
            rest = rest[(20 + length)..];
        }

        SetGlobals(header.Index, StableHash.OfMany(events.Written[start..], EventChainHash));
    }

    /// <summary>Takes the next event of a row: its stream, its number there, the entry and what was set.</summary>
    public static bool TryTakeEvent(ref ReadOnlySpan<byte> events, out UInt128 stream, out ulong seq)
    {
        var isEvent = events.Length >= EventSize;
        stream = isEvent ? (UInt128)events[0] : 0;
        seq = isEvent ? BinaryPrimitives.ReadUInt64LittleEndian(events[8..]) : 0;
        events = isEvent ? events[EventSize..] : events;
        return isEvent;
    }

    public ulong RecomputeStateHash() => _records.Aggregate(0UL, (hash, record) =>
        unchecked(hash + SnapshotRecordHeader.ChecksumOf(record.Key.Kind, record.Key.Key, record.Value)));

    /// <summary>Slices of the test, too: a few records each.</summary>
    public bool ScrubSlice(ref ulong cursor, int bytesMax)
    {
        var place = (int)cursor;
        foreach (var (key, value) in _records.Skip(place))
        {
            if (SnapshotRecordHeader.ChecksumOf(key.Kind, key.Key, value) != _shares[key])
            {
                return false;
            }

            place++;
            bytesMax -= 32 + value.Length;
            if (bytesMax <= 0)
            {
                break;
            }
        }

        cursor = place >= _records.Count ? 0 : (ulong)place;
        return true;
    }

    /// <summary>What a record adds to the hash is another, and nothing took notice.</summary>
    public void FlipShare(UInt128 key) => _shares[(Values, key)] ^= 1;

    /// <summary>A bit of the memory is another, and nothing took notice.</summary>
    public void Flip(UInt128 key) => _records[(Values, key)][0] ^= 1;

    public ISnapshotReader BeginSnapshot(SnapshotScope scope)
    {
        Invariant.Check(_cut is null or { IsEnded: true });
        var keys = scope == SnapshotScope.All ? [.. _records.Keys] : _changed.ToArray();
        _cut = new Cut(this, [.. keys.Select(key => (key, _records.GetValueOrDefault(key)))], [.. _changed]);
        _changed.Clear();
        return _cut;
    }

    public ISnapshotWriter BeginRestore()
    {
        _cut?.End();
        Clear();
        _changed.Clear();
        return new Restore(this);
    }

    /// <summary>The canonical stream of the state as it is, made the obvious way.</summary>
    public byte[] Stream()
    {
        var output = new OutputBuffer();
        foreach (var (key, value) in _records)
        {
            Append(output, key, value);
        }

        return output.Written.ToArray();
    }

    private static void Append(OutputBuffer output, (ushort Kind, UInt128 Key) key, byte[]? content)
    {
        output.Append<SnapshotRecordHeader>() = new SnapshotRecordHeader
        {
            Length = (uint)(content?.Length ?? 0),
            Kind = key.Kind,
            Removed = (ushort)(content is null ? 1 : 0),
            Key = key.Key,
            Checksum = SnapshotRecordHeader.ChecksumOf(key.Kind, key.Key, content),
        };
        foreach (var value in content ?? [])
        {
            output.Append<byte>() = value;
        }
    }

    private void SetGlobals(ulong index, ulong events)
    {
        var globals = new byte[32];
        if (_records.TryGetValue((Globals, 0), out var before))
        {
            before.CopyTo(globals, 0);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(globals, index);
        BinaryPrimitives.WriteUInt64LittleEndian(globals.AsSpan(8), events);
        Set((Globals, 0), globals);
    }

    // Two streams, each with its own numbers: they stand behind index and chain hash.
    private void Tell(byte stream, ulong index, ulong what, OutputBuffer events)
    {
        var globals = (byte[])_records[(Globals, 0)].Clone();
        var place = globals.AsSpan(16 + (8 * stream));
        var seq = BinaryPrimitives.ReadUInt64LittleEndian(place) + 1;
        BinaryPrimitives.WriteUInt64LittleEndian(place, seq);
        Set((Globals, 0), globals);
        Span<byte> bytes = stackalloc byte[EventSize];
        bytes.Clear();
        bytes[0] = stream;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], seq);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], index);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], what);
        events.Append(bytes);
    }

    private void Set((ushort Kind, UInt128 Key) key, byte[] value)
    {
        _changed.Add(key);
        StateHash = unchecked(StateHash - _shares.GetValueOrDefault(key));
        if (value.Length == 0)
        {
            _records.Remove(key);
            _shares.Remove(key);
        }
        else
        {
            _records[key] = value;
            _shares[key] = SnapshotRecordHeader.ChecksumOf(key.Kind, key.Key, value);
            StateHash = unchecked(StateHash + _shares[key]);
        }
    }

    private void Clear()
    {
        _records.Clear();
        _shares.Clear();
        StateHash = 0;
    }

    private sealed class Cut(
        RecordMachine machine,
        ((ushort, UInt128) Key, byte[]? Content)[] records,
        (ushort, UInt128)[] changed) : ISnapshotReader
    {
        private int _next;

        public ulong RecordCount { get; } = (ulong)machine._records.Count;

        public ulong StreamLength { get; } = (ulong)machine._records.Values.Sum(value => 32L + value.Length);

        public bool IsEnded { get; private set; }

        public void Read(OutputBuffer output, int bytesMax)
        {
            var start = output.Length;
            while (!IsEnded && _next < records.Length && output.Length < bytesMax)
            {
                Append(output, records[_next].Key, records[_next].Content);
                _next++;
            }

            IsEnded |= output.Length == start;
        }

        public void End()
        {
            if (!IsEnded)
            {
                IsEnded = true;
                machine._changed.UnionWith(changed);
            }
        }
    }

    private sealed class Restore(RecordMachine machine) : ISnapshotWriter
    {
        public bool TryWrite(in SnapshotRecordHeader header, ReadOnlySpan<byte> content)
        {
            var isNew = header.Kind is Globals or Values
                && header.Removed == 0
                && !machine._records.ContainsKey((header.Kind, header.Key));
            machine.Set((header.Kind, header.Key), content.ToArray());
            return isNew;
        }

        public bool TryEnd(ulong stateHash)
        {
            var isGood = machine.StateHash == stateHash && machine._records.ContainsKey((Globals, 0));
            if (!isGood)
            {
                machine.Clear();
            }

            return isGood;
        }
    }
}
