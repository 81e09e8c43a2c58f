namespace Exchange.Rsm.Contracts.Log;

/// <summary>
/// A deterministic state machine fed by the committed entries of a log. Everything it answers is a function of the
/// entries so far: no clock, no randomness, no thread. One thread at a time.
/// <para>Duties of the caller: (1) entries come in order of index without gaps, each once, log time rising;
/// (2) the header was verified against checksum and chain; (3) when <see cref="NextDeadline"/> passes, the leader
/// proposes a time entry; (4) an exception from any member stops the replica: the state is then undefined.</para>
/// </summary>
public interface IStateMachine
{
    /// <summary>Log index of the last entry applied; zero at genesis.</summary>
    ulong AppliedIndex { get; }

    /// <summary>
    /// Log time at which the next timer is due, nanoseconds; <see cref="long.MaxValue"/> where none is.
    /// </summary>
    long NextDeadline { get; }

    /// <summary>Incremental hash of the whole replicated state.</summary>
    ulong StateHash { get; }

    /// <summary>Running hash of all event bytes so far.</summary>
    ulong EventChainHash { get; }

    /// <summary>Applies one entry.</summary>
    /// <param name="header">The verified header.</param>
    /// <param name="payload">The payload, of the header's length.</param>
    /// <param name="events">Receives the events, in order.</param>
    /// <param name="results">Receives one fixed-size result for each command, in order.</param>
    void Apply(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results);

    /// <summary>
    /// Computes <see cref="StateHash"/> anew from the records. Costs time in proportion to the state.
    /// </summary>
    /// <returns>Equal to <see cref="StateHash"/>, unless memory was damaged.</returns>
    ulong RecomputeStateHash();

    /// <summary>
    /// Compares a slice of the records with what each of them adds to <see cref="StateHash"/>, so that the whole state
    /// is gone through between two snapshots and no call takes long. Between entries; entries may come between slices.
    /// </summary>
    /// <param name="cursor">
    /// Zero begins a pass; moved to where the next slice begins; zero again where the pass has ended.
    /// </param>
    /// <param name="bytesMax">About so many bytes of records. A machine without slices does all at once.</param>
    /// <returns>False where a record is not what was last written: memory was damaged.</returns>
    bool ScrubSlice(ref ulong cursor, int bytesMax)
    {
        cursor = 0;
        return RecomputeStateHash() == StateHash;
    }

    /// <summary>
    /// Fixes the state after the last applied entry as a snapshot. The entries that follow copy a record before its
    /// first change, so the snapshot stays what it was. One at a time.
    /// </summary>
    /// <param name="scope">All records, or those changed since the last snapshot began.</param>
    /// <returns>The records, to be read before or between further entries.</returns>
    ISnapshotReader BeginSnapshot(SnapshotScope scope);

    /// <summary>
    /// Empties the machine and takes the records of one snapshot of scope <see cref="SnapshotScope.All"/>.
    /// </summary>
    /// <returns>Where to put them, in any order.</returns>
    ISnapshotWriter BeginRestore();
}

/// <summary>Which records a snapshot holds.</summary>
public enum SnapshotScope : byte
{
    /// <summary>Every record: the canonical stream, byte-identical on every member at the same index.</summary>
    All = 0,

    /// <summary>Records changed or removed since the last snapshot began.</summary>
    Changed = 1,
}

/// <summary>Hands out a snapshot's records by kind and key, piece by piece.</summary>
public interface ISnapshotReader
{
    /// <summary>
    /// Records of the state at the cut: those of a snapshot of scope <see cref="SnapshotScope.All"/>.
    /// </summary>
    ulong RecordCount { get; }

    /// <summary>Bytes of the stream that a snapshot of scope <see cref="SnapshotScope.All"/> has at the cut.</summary>
    ulong StreamLength { get; }

    /// <summary>
    /// Appends further records: each a <see cref="SnapshotRecordHeader"/> and its bytes. Appends nothing where there is
    /// no more; the snapshot is then ended.
    /// </summary>
    /// <param name="output">Receives the records.</param>
    /// <param name="bytesMax">Stops after the record that reaches this many bytes.</param>
    void Read(OutputBuffer output, int bytesMax);

    /// <summary>Ends the snapshot early. Also fine after its end.</summary>
    void End();
}

/// <summary>Takes a snapshot's records.</summary>
public interface ISnapshotWriter
{
    /// <summary>Takes one record.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="content">Its bytes.</param>
    /// <returns>
    /// False where kind, key or length is not one the machine knows, or two records clash: the snapshot is bad.
    /// </returns>
    bool TryWrite(in SnapshotRecordHeader header, ReadOnlySpan<byte> content);

    /// <summary>Ends the restore.</summary>
    /// <param name="stateHash">The hash the snapshot promises.</param>
    /// <returns>False where the records do not add up to it; the machine is then empty and must not be used.</returns>
    bool TryEnd(ulong stateHash);
}

/// <summary>Stands before each record of a snapshot, 32 bytes little-endian.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct SnapshotRecordHeader
{
    /// <summary>Bytes of the content; zero where the record was removed.</summary>
    public uint Length;

    /// <summary>The kind, of the machine's own numbering.</summary>
    public ushort Kind;

    /// <summary>1 where the record was removed, else 0.</summary>
    public ushort Removed;

    /// <summary>The key within the kind.</summary>
    public UInt128 Key;

    /// <summary><see cref="ChecksumOf"/> kind, key and content.</summary>
    public ulong Checksum;

    /// <summary>
    /// <see cref="StableHash"/> of the content, seeded with kind × 2^32, the key's low half and its high half, all
    /// three exclusive-ored: a record under another kind or key is found, too.
    /// </summary>
    /// <param name="kind">The kind.</param>
    /// <param name="key">The key.</param>
    /// <param name="content">The content; empty where the record was removed.</param>
    /// <returns>The checksum.</returns>
    public static ulong ChecksumOf(ushort kind, UInt128 key, ReadOnlySpan<byte> content) =>
        StableHash.Of(content, ((ulong)kind << 32) ^ unchecked((ulong)key) ^ (ulong)(key >> 64));
}
