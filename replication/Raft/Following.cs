using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The follower's part: takes entries that fit, refuses others with a hint, acknowledges what is durable.
/// </summary>
internal sealed class Following(NodeState state, Repair repair, ClockAgreement clocks, HashAgreement hashes)
{
    private bool _isAnswerDue;
    private ulong _sequence;
    private long _sentAt;
    private ulong _answered;
    private ulong _askedIndex;

    // An entry that has left the memory, read back because the log is to end there.
    private LogPoint _read;
    private ulong _readIndex;

    public void OnAppend(Peer leader, in PeerMessage message, ReadOnlySpan<byte> body)
    {
        clocks.Sample(leader, in message);
        if (state.Has(RaftFaults.ClockOutside))
        {
            clocks.Judge();
        }

        _askedIndex = message.AppliedIndex;
        var refusal = Compare(in message, out var hint);
        if (refusal == AnswerReason.None)
        {
            // Nothing of a committed prefix can differ from a leader's log (leader completeness, thesis 3.6.3).
            hint = Math.Max(message.Index, state.CommitIndex);
            state.VerifiedIndex = Math.Max(state.VerifiedIndex, Math.Min(hint, state.Log.Last.Index));
            refusal = Take(in message, body);
            hint = state.VerifiedIndex;

            // Not the last index of the log: what lies behind the verified may be the leftover of another leader.
            state.Commit(Math.Min(message.CommitIndex, state.VerifiedIndex));
        }

        if (refusal != AnswerReason.None)
        {
            Refuse(in message, refusal, hint);
            return;
        }

        _isAnswerDue = true;
        if (message.Sequence > _sequence)
        {
            _sequence = message.Sequence;
            _sentAt = message.SentAt;
        }
    }

    /// <summary>A leader begins to be followed: what was owed to another is not.</summary>
    public void Restart()
    {
        _isAnswerDue = false;
        _sequence = 0;
        _sentAt = 0;
        _answered = 0;
        repair.OnLeader();
    }

    /// <summary>More has become durable.</summary>
    public void OnPersisted()
    {
        if (_sequence != 0 && Math.Min(state.VerifiedIndex, state.Marks.Index) > _answered)
        {
            _isAnswerDue = true;
        }
    }

    /// <summary>One answer for all that came since the last: acknowledgements are cumulative.</summary>
    public void Flush()
    {
        if (!_isAnswerDue || state.Leader.IsNone || state.IsLeader || !state.Marks.IsTermDurable)
        {
            return;
        }

        _isAnswerDue = false;
        _answered = Math.Min(state.VerifiedIndex, state.Marks.Index);
        var answer = state.Out.Make(PeerMessageKind.AppendAnswer, state.Leader);
        answer.Index = _answered;
        answer.EchoSequence = _sequence;
        answer.EchoSentAt = _sentAt;
        hashes.Attach(ref answer, _askedIndex);
        answer.Flags |= state.IsRebuilding ? MessageFlags.Rebuild : MessageFlags.None;
        state.Out.Send(in answer, default);
    }

    /// <summary>The entry that the log is to end with was read; nothing where it cannot be.</summary>
    public void OnEntryRead(ReadOnlySpan<byte> entry)
    {
        if (EntryCodec.TryRead(entry, out var header, out _, out _) && header.Index == _readIndex)
        {
            _read = LogPoint.Of(in header);
        }

        _readIndex = 0;
    }

    /// <summary>Takes back entries that a leader does not have.</summary>
    /// <returns>
    /// False where the entry before them has left the memory: after a restart, or where many terms left a long end that
    /// nobody committed. It is being read, and the leader sends the same again.
    /// </returns>
    private bool TryTruncate(ulong from)
    {
        Invariant.Check(from > state.CommitIndex);
        if (!TryFind(from - 1, out var before))
        {
            return false;
        }

        var last = Math.Max(state.Log.Last.Index, state.RestLast);
        state.DropRest();
        state.Marks.Truncate(last, in before, state.Now);
        state.Log.Truncate(in before);
        state.Members.Truncate(from);
        state.VerifiedIndex = Math.Min(state.VerifiedIndex, from - 1);
        return true;
    }

    private bool TryFind(ulong index, out LogPoint point)
    {
        if (state.Log.TryPointAt(index, out point))
        {
            return true;
        }

        point = state.Applied.Index == index ? state.Applied : state.Snapshot.Point;
        if (point.Index == index)
        {
            return true;
        }

        // What was read may have been overwritten since; by the same index and term it is the same entry.
        point = _read;
        if (point.Index == index && state.Log.TryTermAt(index, out var term) && term == point.Term)
        {
            return true;
        }

        if (_readIndex == 0)
        {
            _readIndex = index;
            state.Ready.EntryReadBatch.Add(new EntryRead(state.Self, index, index, BytesMax: 1, IsRepair: false));
        }

        return false;
    }

    private AnswerReason Compare(in PeerMessage message, out ulong hint)
    {
        hint = state.Log.Last.Index;
        if (message.Index > hint)
        {
            if (!repair.IsHopeful)
            {
                return AnswerReason.Mismatch;
            }

            // What the disk holds behind the damage may soon be here: the leader need not go back for it.
            hint = Math.Min(message.Index, state.RestLast);
            return message.Index > hint ? AnswerReason.Mismatch : AnswerReason.Busy;
        }

        if (!state.Log.TryTermAt(message.Index, out var term))
        {
            return AnswerReason.None;
        }

        if (term != message.LogTerm)
        {
            hint = state.Log.LastWithin(message.Index, message.LogTerm);
            return message.Index <= state.CommitIndex ? Forked() : AnswerReason.Mismatch;
        }

        var isComparable = (message.Flags & MessageFlags.Chained) != 0;
        return isComparable
            && state.Log.TryPointAt(message.Index, out var point)
            && point.ChainHash != message.ChainHash
            ? Forked()
            : AnswerReason.None;
    }

    /// <summary>
    /// A committed entry that the leader has otherwise, or the same index and term with other content: no run of the
    /// protocol does that. One of the two logs was damaged; this one says so and takes nothing.
    /// </summary>
    private AnswerReason Forked()
    {
        state.Set(RaftFaults.ChainForked, true);
        return AnswerReason.ChainFork;
    }

    private AnswerReason Take(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        var index = message.Index;
        for (uint i = 0; i < message.EntryCount; i++)
        {
            index++;
            if (!EntryCodec.TryRead(body, out var header, out var payload, out _)
                || !Belongs(in header, index, message.Term))
            {
                return AnswerReason.BadEntry;
            }

            var entry = body[..(EntryCodec.HeaderSize + payload.Length)];
            body = body[entry.Length..];
            var reason = TakeOne(in header, payload, entry, message.CommitIndex);
            if (reason != AnswerReason.None)
            {
                return reason;
            }

            state.VerifiedIndex = Math.Max(state.VerifiedIndex, index);
        }

        return AnswerReason.None;
    }

    private bool Belongs(in EntryHeader header, ulong index, ulong term) =>
        header.Index == index && header.ClusterId == state.ClusterId && header.Term <= term;

    private AnswerReason TakeOne(
        in EntryHeader header,
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<byte> entry,
        ulong committed)
    {
        if (header.Index <= state.CommitIndex)
        {
            return AnswerReason.None;
        }

        if (header.Index <= state.Log.Last.Index)
        {
            // Only a conflict truncates: a message that was overtaken by later ones takes nothing back.
            if (state.Log.TryTermAt(header.Index, out var term) && term == header.Term)
            {
                return CompareChains(in header, payload);
            }

            if (!TryTruncate(header.Index))
            {
                return AnswerReason.Busy;
            }
        }
        else if (repair.IsHopeful)
        {
            return AnswerReason.Busy;
        }
        else if (state.HasRest)
        {
            // Nobody has what stood here. The leader's log takes its place, as it would that of any other log.
            var isCut = TryTruncate(header.Index);
            Invariant.Check(isCut);
        }

        return Append(in header, payload, entry, committed);
    }

    /// <summary>
    /// An entry that is here already. The chain hash is the one part of an entry that no checksum covers: before two
    /// logs are called forked, the entry's own has to follow from the one before it.
    /// </summary>
    private AnswerReason CompareChains(in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        if (!state.Log.TryPointAt(header.Index, out var point) || point.ChainHash == header.ChainHash)
        {
            return AnswerReason.None;
        }

        var isWhole = state.Log.TryPointAt(header.Index - 1, out var before)
            && EntryCodec.CheckChain(in header, payload, before.ChainHash, state.Hasher) == EntryError.None;
        return isWhole ? Forked() : AnswerReason.BadEntry;
    }

    private AnswerReason Append(
        in EntryHeader header,
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<byte> entry,
        ulong committed)
    {
        Invariant.Check(!state.HasRest);
        var last = state.Log.Last;
        if (header.Term < last.Term || header.Timestamp <= last.Timestamp || header.Epoch < last.Epoch)
        {
            return AnswerReason.BadEntry;
        }

        // A stamp right behind the last one moves log time by nothing; what is committed, a majority found good.
        if (header.Timestamp > last.Timestamp + 1
            && header.Index > committed
            && header.Timestamp - state.Clock.Bounded > state.Options.StampAheadMaxNanos)
        {
            return AnswerReason.StampAhead;
        }

        var members = Configuration.Empty;
        if (header.Kind == EntryKind.Configuration && !Configuration.TryDecode(payload, out members))
        {
            return AnswerReason.BadEntry;
        }

        if (!state.Log.Follows(in header, payload))
        {
            return AnswerReason.BadEntry;
        }

        // After a restart the memory may be full of entries of which nobody can say yet whether they are committed.
        // What is durable and proven to be the leader's makes room then: it can be read back. Where something is
        // committed and waits to be applied, room comes by itself, and the entries are better read from memory.
        var dispensable = state.Applied.Index < state.CommitIndex
            ? state.Dispensable
            : Math.Max(state.Dispensable, Math.Min(state.VerifiedIndex, state.Marks.Index));
        if (!state.Log.TryCopy(in header, entry, dispensable))
        {
            return AnswerReason.Busy;
        }

        if (header.Kind == EntryKind.Configuration)
        {
            state.Members.Append(members, header.Index);
        }

        return AnswerReason.None;
    }

    private void Refuse(in PeerMessage message, AnswerReason reason, ulong hint)
    {
        var answer = state.Out.Answer(PeerMessageKind.AppendAnswer, in message);
        answer.Index = message.Index;
        answer.Reason = reason;
        answer.HintIndex = hint;
        answer.HintTerm = state.HasRest && hint == state.RestLast
            ? state.RestTerm
            : state.Log.TryTermAt(hint, out var term) ? term : 0;
        state.Out.SendDurably(in answer);
    }
}
