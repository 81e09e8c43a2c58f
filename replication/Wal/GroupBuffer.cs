using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// One group: being filled, waiting, or being written. An entry is copied into it once and goes to disk from there.
/// </summary>
internal sealed class GroupBuffer
{
    private const int RepairsMax = 64;
    private readonly Memory<byte> _memory;
    private readonly ulong _seed;
    private readonly (ulong Index, ChainHash ChainBefore)[] _repairs = new (ulong, ChainHash)[RepairsMax];
    private int _used;
    private ulong _checksum;

    public GroupBuffer(Memory<byte> memory, ulong seed)
    {
        _memory = memory;
        _seed = seed;
        Clear();
    }

    /// <summary>The state after the group; set by the log as it takes records.</summary>
    public LogState After;

    public uint Records { get; private set; }

    /// <summary>The last ticket in it.</summary>
    public ulong Ticket { get; set; }

    public bool HasHardState { get; private set; }

    /// <summary>Whether it cuts the log: by a truncation or a reset. Entries come after the cut.</summary>
    public bool HasCut => Truncation != 0 || HasReset;

    /// <summary>The first index taken off; zero for none.</summary>
    public ulong Truncation { get; private set; }

    /// <summary>Chain hash of the entry before it.</summary>
    public ChainHash TruncationChain { get; private set; }

    public bool HasReset { get; private set; }

    /// <summary>The first entry in it; zero for none.</summary>
    public ulong FirstIndex { get; private set; }

    public ulong LastIndex { get; private set; }

    public int RepairCount { get; private set; }

    public bool IsEmpty => Records == 0;

    /// <summary>Bytes on disk as it stands.</summary>
    public int Footprint => GroupHeader.FootprintOf(_used - GroupHeader.Size);

    public (ulong Index, ChainHash ChainBefore) Repaired(int at) => _repairs[at];

    public bool Fits(int contentLength) => _used + RecordHeader.Footprint(contentLength) <= _memory.Length;

    /// <summary>Bytes on disk with one more record.</summary>
    public int FootprintWith(int contentLength) =>
        GroupHeader.FootprintOf(_used - GroupHeader.Size + RecordHeader.Footprint(contentLength));

    /// <summary>
    /// Whether a record of this kind may follow those in it. A cut comes before all entries, so that the entries of one
    /// group are in the order of their index and a scan of it cannot meet one that was replaced.
    /// </summary>
    public bool Takes(RecordKind kind) => kind switch
    {
        RecordKind.Truncation or RecordKind.Reset => FirstIndex == 0 && RepairCount == 0 && !HasCut,
        RecordKind.Repair => RepairCount < RepairsMax && FirstIndex == 0 && !HasCut,
        _ => true,
    };

    public void AddEntry(in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        AddEntryBytes(RecordKind.Entry, in header, payload);
        FirstIndex = FirstIndex == 0 ? header.Index : FirstIndex;
        LastIndex = header.Index;
    }

    public void AddRepair(in EntryHeader header, ReadOnlySpan<byte> payload, in ChainHash chainBefore)
    {
        AddEntryBytes(RecordKind.Repair, in header, payload);
        _repairs[RepairCount++] = (header.Index, chainBefore);
    }

    public void AddHardState(WalHardState state)
    {
        var record = new HardStateRecord
        {
            Term = state.Term,
            VotedFor = state.VotedFor,
            CommitIndex = state.CommitIndex,
            Epoch = state.Epoch,
            VoteFloorTerm = state.VoteFloorTerm,
            VoteFloorIndex = state.VoteFloorIndex,
        };
        Add(RecordKind.HardState, MemoryMarshal.AsBytes(new ReadOnlySpan<HardStateRecord>(in record)));
        HasHardState = true;
    }

    public void AddTruncation(in TruncationRecord record)
    {
        Add(RecordKind.Truncation, MemoryMarshal.AsBytes(new ReadOnlySpan<TruncationRecord>(in record)));
        Truncation = record.From;
        TruncationChain = record.ChainBefore;
    }

    public void AddReset(in ResetRecord record)
    {
        Add(RecordKind.Reset, MemoryMarshal.AsBytes(new ReadOnlySpan<ResetRecord>(in record)));
        HasReset = true;
    }

    /// <summary>Gives it its place in the log.</summary>
    /// <returns>The bytes to write, whole sectors.</returns>
    public Memory<byte> Seal(in WalIdentity identity, ref GroupHeader header)
    {
        header.Records = Records;
        header.BodyLength = (uint)(_used - GroupHeader.Size);
        header.BodyChecksum = _checksum;
        header.Seal(in identity);
        var whole = _memory[..Footprint];
        MemoryMarshal.Write(whole.Span, in header);
        whole.Span[_used..].Clear();
        return whole;
    }

    public void Clear()
    {
        _used = GroupHeader.Size;
        _checksum = _seed;
        Records = 0;
        Ticket = 0;
        HasHardState = false;
        HasReset = false;
        Truncation = 0;
        FirstIndex = 0;
        LastIndex = 0;
        RepairCount = 0;
    }

    private void AddEntryBytes(RecordKind kind, in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        var length = EntryCodec.HeaderSize + payload.Length;
        EntryCodec.Write(in header, payload, Content(length));
        Close(kind, length);
    }

    private void Add(RecordKind kind, ReadOnlySpan<byte> content)
    {
        content.CopyTo(Content(content.Length));
        Close(kind, content.Length);
    }

    private Span<byte> Content(int length)
    {
        Invariant.Check(Fits(length));
        return _memory.Span.Slice(_used + RecordHeader.Size, length);
    }

    private void Close(RecordKind kind, int length)
    {
        var record = _memory.Span.Slice(_used, RecordHeader.Footprint(length));
        var content = record.Slice(RecordHeader.Size, length);
        record[(RecordHeader.Size + length)..].Clear();
        _checksum = RecordHeader.ChecksumOf(kind, content, _checksum);
        var header = new RecordHeader { Length = (uint)length, Kind = kind, Checksum = _checksum };
        MemoryMarshal.Write(record, in header);
        _used += record.Length;
        Records++;
    }
}
