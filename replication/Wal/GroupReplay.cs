using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// Does again what the groups of a log say, one after the other, and knows what those did that cannot be read: each
/// group states what was so before it.
/// </summary>
internal sealed class GroupReplay : IDisposable
{
    private readonly WalOptions _options;
    private readonly List<WalFinding> _findings;
    private readonly ChainHasher _hasher = new();
    private readonly TermRuns _terms = new();
    private ulong _salt;
    private GroupHeader _group;

    // The chain hash of the damaged entry just lost, as it stands there; zero for none.
    private ChainHash _unproven;

    public GroupReplay(WalOptions options, List<WalFinding> findings)
    {
        _options = options;
        _findings = findings;
        Map = new LogMap(options.MarkBytes);
    }

    /// <summary>After the last group taken.</summary>
    public LogState State;

    public LogMap Map { get; }

    public IReadOnlyList<TermRun> Terms => _terms.All;

    /// <summary>The last group taken.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>The checksum of its header.</summary>
    public ulong Checksum { get; private set; }

    /// <summary>Whole groups do not follow from each other: not what a disk does, but what we did.</summary>
    public bool IsContradicted { get; private set; }

    /// <summary>Starts before the first group that can be read.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="salt">Where the checksums of records start from.</param>
    /// <param name="isOldest">Whether nothing stood before it.</param>
    public void Begin(in GroupHeader header, ulong salt, bool isOldest)
    {
        _salt = salt;
        Sequence = header.Sequence - 1;
        Checksum = header.PreviousChecksum;
        State = header.Before;
        if (isOldest)
        {
            Map.Reset(State.LastIndex);
            return;
        }

        // What the lost groups held is needed only above the snapshot, whose index is not known here.
        Find(WalFindingKind.GroupLost, in header);
        Map.Reset(State.BaseIndex);
        if (State.LastIndex > State.BaseIndex)
        {
            _terms.Append(State.BaseIndex + 1, 0);
            Map.Lose(State.BaseIndex + 1, State.LastIndex, State.LastChain);
        }
    }

    /// <summary>Takes a group that another one follows: so it was durable.</summary>
    public void Take(in GroupHeader header, ReadOnlySpan<byte> body, bool isWhole, in GroupHeader next)
    {
        var isFollowed = next.Sequence == header.Sequence + 1;
        if (isFollowed && next.PreviousChecksum != header.Checksum)
        {
            // Another group was written here and has not reached the disk. It is lost, as the next one will say.
            Find(WalFindingKind.GroupStale, in header);
            return;
        }

        if (isWhole)
        {
            Align(in header);
            Apply(body);
        }
        else if (isFollowed)
        {
            Align(in header);
            ApplyDamaged(body, in next.Before);
        }
        else
        {
            return;
        }

        Sequence = header.Sequence;
        Checksum = header.Checksum;
    }

    /// <summary>Takes the last group.</summary>
    /// <returns>False where it is torn: it was never acknowledged, and nothing of it is kept.</returns>
    public bool TryTakeLast(in GroupHeader header, ReadOnlySpan<byte> body, bool isWhole)
    {
        Align(in header);
        if (!isWhole)
        {
            Find(WalFindingKind.TornTail, in header);
            Sequence = header.Sequence - 1;
            Checksum = header.PreviousChecksum;
            return false;
        }

        Apply(body);
        Sequence = header.Sequence;
        Checksum = header.Checksum;
        return true;
    }

    public void Dispose() => _hasher.Dispose();

    /// <summary>Whether all records of a group are as they were written.</summary>
    public static bool IsWhole(in GroupHeader header, ReadOnlySpan<byte> body, ulong salt)
    {
        var checksum = salt;
        for (var i = 0u; i < header.Records; i++)
        {
            if (!TryRecord(body, out var record, out var content)
                || record.Checksum != RecordHeader.ChecksumOf(record.Kind, content, checksum))
            {
                return false;
            }

            checksum = record.Checksum;
            body = body[RecordHeader.Footprint(content.Length)..];
        }

        return body.Length == 0 && checksum == header.BodyChecksum;
    }

    private static bool TryRecord(ReadOnlySpan<byte> body, out RecordHeader record, out ReadOnlySpan<byte> content)
    {
        record = default;
        content = default;
        if (body.Length < RecordHeader.Size)
        {
            return false;
        }

        record = MemoryMarshal.Read<RecordHeader>(body);
        if (record.Length > (uint)(body.Length - RecordHeader.Size)
            || RecordHeader.Footprint((int)record.Length) > body.Length)
        {
            return false;
        }

        content = body.Slice(RecordHeader.Size, (int)record.Length);
        return true;
    }

    /// <summary>Brings the state to what it was before a group, over groups that are lost.</summary>
    private void Align(in GroupHeader header)
    {
        if (header.Sequence != Sequence + 1)
        {
            FindLost(in header);
            Reconcile(in header.Before, Sequence + 1, isCutSeen: false);
        }
        else
        {
            IsContradicted |= !MemoryMarshal.AsBytes(new ReadOnlySpan<LogState>(in header.Before))
                .SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<LogState>(in State)));
        }

        _group = header;
    }

    private void Reconcile(in LogState target, ulong firstLost, bool isCutSeen)
    {
        Map.Force();
        if (target.BaseIndex != State.BaseIndex)
        {
            _terms.Clear();
            Map.Reset(target.BaseIndex);
        }
        else if (!isCutSeen)
        {
            var cut = target.CutSince(firstLost, State.LastIndex + 1, out var isKnown);
            if (!isKnown)
            {
                Find(WalFindingKind.ExtentUnknown, in _group);
            }

            cut = Math.Max(cut, Map.First);
            if (cut <= Map.Last)
            {
                _terms.Truncate(cut);
                Map.Truncate(cut, ChainHash.Genesis);
            }
        }

        if (target.LastIndex > Map.Last)
        {
            _terms.Append(Map.Last + 1, 0);
            Map.Lose(Map.Last + 1, target.LastIndex, target.LastChain);
        }

        IsContradicted |= target.LastIndex != Map.Last;
        State = target;
        if (Map.Faults.Count > 0 && Map.Faults[^1].Last == State.LastIndex)
        {
            Map.Damage(Map.Faults[^1] with { LastChain = State.LastChain });
        }
    }

    private void Apply(ReadOnlySpan<byte> body)
    {
        for (var i = 0u; i < _group.Records && !IsContradicted; i++)
        {
            var isRead = TryRecord(body, out var record, out var content);
            Invariant.Check(isRead);
            Apply(record.Kind, content);
            body = body[RecordHeader.Footprint(content.Length)..];
        }
    }

    private void Apply(RecordKind kind, ReadOnlySpan<byte> content)
    {
        switch (kind)
        {
            case RecordKind.Entry:
                ApplyEntry(content);
                break;
            case RecordKind.HardState:
                var hardState = MemoryMarshal.Read<HardStateRecord>(content);
                var next = new WalHardState(
                    hardState.Term, hardState.VotedFor, hardState.CommitIndex, (ushort)hardState.Epoch)
                {
                    VoteFloorTerm = hardState.VoteFloorTerm,
                    VoteFloorIndex = hardState.VoteFloorIndex,
                };
                IsContradicted |= !State.HardState.MayBecome(next);
                State.Take(next);
                break;
            case RecordKind.Truncation:
                ApplyTruncation(MemoryMarshal.Read<TruncationRecord>(content));
                break;
            case RecordKind.Reset:
                var reset = MemoryMarshal.Read<ResetRecord>(content);
                _terms.Clear();
                Map.Reset(reset.Index);
                State.Reset(in reset, _group.Sequence);
                break;
            case RecordKind.Repair:
                ApplyRepair(MemoryMarshal.Read<EntryHeader>(content));
                break;
            default:
                IsContradicted = true;
                break;
        }
    }

    private void ApplyEntry(ReadOnlySpan<byte> content)
    {
        if (!EntryCodec.TryRead(content, out var header, out var payload, out _)
            || header.Index != State.LastIndex + 1
            || header.Term < State.LastTerm)
        {
            IsContradicted = true;
            return;
        }

        var isChainKnown = State.LastIndex == 0 || State.LastChain != ChainHash.Genesis;
        var isBroken = _options.IsChainVerified && isChainKnown
            && _hasher.Of(in State.LastChain, in header, payload) != header.ChainHash;
        _terms.Append(header.Index, header.Term);
        State.Append(in header);
        Map.Append(header.Index, header.Index, _group.Segment, (long)_group.Offset, content.Length);
        if (isBroken)
        {
            Find(WalFindingKind.ChainBroken, in _group);
            Map.Damage(new WalFault(header.Index, header.Index, ChainHash.Genesis));
        }
    }

    private void ApplyTruncation(in TruncationRecord record)
    {
        if (record.From > State.LastIndex || record.From <= State.BaseIndex)
        {
            IsContradicted = true;
            return;
        }

        _terms.Truncate(record.From);
        if (record.From <= Map.Last)
        {
            Map.Truncate(record.From, record.ChainBefore);
        }

        State.Truncate(in record, _group.Sequence);
    }

    private void ApplyRepair(in EntryHeader header)
    {
        if (Map.IsFaulty(header.Index))
        {
            Map.Repair(header.Index, ChainHash.Genesis, _group.Segment, (long)_group.Offset);
            _terms.Learn(header.Index, Map.Last, header.Term);
        }
    }

    // Keeps what is whole of a damaged group. An entry whose own header is whole keeps its slot alone; behind a record
    // of unknown length nothing can be found, and the next group says what that was.
    private void ApplyDamaged(ReadOnlySpan<byte> body, in LogState after)
    {
        Find(WalFindingKind.RecordDamaged, in _group);
        var cutBefore = State.CutSequence;
        var stored = _salt;
        var computed = stored;
        for (var i = 0u; i < _group.Records && !IsContradicted; i++)
        {
            if (!TryRecord(body, out var record, out var content))
            {
                break;
            }

            var checksum = RecordHeader.ChecksumOf(record.Kind, content, stored);
            if (record.Checksum == checksum
                || record.Checksum == RecordHeader.ChecksumOf(record.Kind, content, computed))
            {
                ProveChain(record.Kind, content);
                Apply(record.Kind, content);
            }
            else if (!TryLoseEntry(record.Kind, content))
            {
                break;
            }

            stored = record.Checksum;
            computed = checksum;
            body = body[RecordHeader.Footprint(content.Length)..];
        }

        Reconcile(in after, _group.Sequence, isCutSeen: State.CutSequence != cutBefore);
    }

    private bool TryLoseEntry(RecordKind kind, ReadOnlySpan<byte> content)
    {
        if (kind != RecordKind.Entry || content.Length < EntryCodec.HeaderSize)
        {
            return false;
        }

        var header = MemoryMarshal.Read<EntryHeader>(content);
        if (EntryCodec.CheckHeader(in header) != EntryError.None
            || EntryCodec.HeaderSize + header.PayloadLength != (uint)content.Length
            || header.Index != State.LastIndex + 1)
        {
            return false;
        }

        _terms.Append(header.Index, header.Term);
        Map.Lose(header.Index, header.Index, ChainHash.Genesis);
        State.Append(in header);
        _unproven = header.ChainHash;
        State.LastChain = ChainHash.Genesis;
        return true;
    }

    // The chain hash that stands in a damaged entry is right if the entry behind it continues from it.
    private void ProveChain(RecordKind kind, ReadOnlySpan<byte> content)
    {
        if (kind != RecordKind.Entry || _unproven == ChainHash.Genesis)
        {
            return;
        }

        if (EntryCodec.TryRead(content, in _unproven, _hasher, out _, out _, out _))
        {
            var lost = State.LastIndex;
            var fault = Map.Faults[^1];
            Map.Damage(fault with { LastChain = fault.Last == lost ? _unproven : fault.LastChain });
            State.LastChain = _unproven;
        }

        _unproven = ChainHash.Genesis;
    }

    // Where the lost groups stood, or the first of them: right behind the last one taken, but at the start of the
    // segment of the next one where that is another and the next one does not stand there itself.
    private void FindLost(in GroupHeader next)
    {
        var place = next;
        if (_group.Segment != 0 && (next.Segment == _group.Segment || next.Offset == 0))
        {
            place.Segment = _group.Segment;
            place.Offset = _group.Offset + (ulong)_group.Footprint;
        }
        else
        {
            place.Offset = 0;
        }

        Find(WalFindingKind.GroupLost, in place);
    }

    private void Find(WalFindingKind kind, in GroupHeader header)
    {
        if (_findings.Count < WalReport.FindingsMax)
        {
            var file = new FileId(FileKind.Segment, header.Segment);
            _findings.Add(new WalFinding(
                kind, file, (long)header.Offset, header.Sequence, header.Before.LastIndex));
        }
    }
}
