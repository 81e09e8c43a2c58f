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
    private const ushort Globals = 1;
    private const ushort Values = 2;

    private readonly SortedDictionary<(ushort Kind, UInt128 Key), byte[]> _records = [];
    private readonly SortedSet<(ushort Kind, UInt128 Key)> _changed = [];
    private Cut? _cut;

    public RecordMachine() => SetGlobals(0, 0);

    public ulong AppliedIndex => BinaryPrimitives.ReadUInt64LittleEndian(_records[(Globals, 0)]);

    public long NextDeadline => long.MaxValue;

    public ulong StateHash => _records.Aggregate(0UL, (hash, record) =>
        unchecked(hash + SnapshotRecordHeader.ChecksumOf(record.Key.Kind, record.Key.Key, record.Value)));

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
        for (var rest = payload; !rest.IsEmpty;)
        {
            var key = MemoryMarshal.Read<UInt128>(rest);
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest[16..]);
            Set((Values, key), rest.Slice(20, length).ToArray());
            rest = rest[(20 + length)..];
        }

        SetGlobals(header.Index, StableHash.Of(payload, EventChainHash));
    }

    public ulong RecomputeStateHash() => StateHash;

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
        _records.Clear();
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
        var globals = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(globals, index);
        BinaryPrimitives.WriteUInt64LittleEndian(globals.AsSpan(8), events);
        Set((Globals, 0), globals);
    }

    private void Set((ushort, UInt128) key, byte[] value)
    {
        _changed.Add(key);
        if (value.Length == 0)
        {
            _records.Remove(key);
        }
        else
        {
            _records[key] = value;
        }
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
            var isKnown = header.Kind is Globals or Values && header.Removed == 0;
            machine._changed.Add((header.Kind, header.Key));
            return isKnown && machine._records.TryAdd((header.Kind, header.Key), content.ToArray());
        }

        public bool TryEnd(ulong stateHash)
        {
            var isGood = machine.StateHash == stateHash && machine._records.ContainsKey((Globals, 0));
            if (!isGood)
            {
                machine._records.Clear();
            }

            return isGood;
        }
    }
}
