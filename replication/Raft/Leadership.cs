using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The leader's part: appends, feeds its followers, counts what is durable where (thesis 3.5, 3.6.2, 10.2). One slow
/// follower holds up nobody: each has its own window, and what it lacks is read for it alone.
/// </summary>
internal sealed class Leadership(
    NodeState state,
    ClockAgreement clocks,
    HashAgreement hashes,
    SnapshotSender snapshots)
{
    private long _heartbeatAt;

    /// <summary>
    /// The first entry of the own term. Only from it on are entries committed by counting (thesis 3.6.2).
    /// </summary>
    public ulong TermStart { get; private set; }

    public bool HasCommittedInTerm => state.IsLeader && state.CommitIndex >= TermStart;

    /// <summary>Everybody is told something at the next opportunity: a round for reads.</summary>
    public bool IsRoundDue { get; set; }

    public void SampleClock(Peer peer, in PeerMessage message) => clocks.Sample(peer, in message);

    /// <summary>Begins to lead.</summary>
    /// <returns>False where there is not even room for the first entry.</returns>
    public bool Begin()
    {
        foreach (var peer in state.Members.Peers)
        {
            peer.Restart(state.Log.Last.Index + 1, state.Now);
        }

        hashes.BeginLeading();
        state.VerifiedIndex = 0;
        _heartbeatAt = state.Now + state.Options.HeartbeatNanos;
        TermStart = state.Log.Last.Index + 1;
        return TryAppend(EntryKind.NoOperation, 0, default);
    }

    public bool TryAppend(EntryKind kind, uint commandCount, ReadOnlySpan<byte> payload)
    {
        var header = new EntryHeader
        {
            ClusterId = state.ClusterId,
            Term = state.Hard.Term,
            Timestamp = Math.Max(state.Log.Last.Timestamp + 1, state.Clock.Bounded),
            Kind = kind,
            Epoch = state.Epoch,
            CommandCount = commandCount,
        };

        // After a restart the memory may be full of entries of which nobody can say whether they are committed: what
        // says it is the first entry of a term, so for that one they make room. Being durable, they can be read back.
        var dispensable = kind == EntryKind.NoOperation ? state.Marks.Index : state.Dispensable;
        return state.Log.TryBuild(header, payload, dispensable);
    }

    public bool TryAppend(Configuration configuration)
    {
        Span<byte> payload = stackalloc byte[configuration.EncodedLength];
        configuration.Encode(payload);
        var before = state.Members.Current;
        if (!TryAppend(EntryKind.Configuration, 0, payload))
        {
            return false;
        }

        state.Members.Append(configuration, state.Log.Last.Index);
        foreach (var peer in state.Members.Peers)
        {
            if (before.RolesOf(peer.Id) == MemberRoles.None)
            {
                peer.Restart(state.Log.Last.Index, state.Now);
            }
        }

        return true;
    }

    /// <summary>Heartbeats, and whether a majority still answers (check-quorum, thesis 6.2).</summary>
    /// <returns>False where the leader has to step down.</returns>
    public bool Tick()
    {
        if (state.Now >= _heartbeatAt)
        {
            _heartbeatAt = state.Now + state.Options.HeartbeatNanos;
            foreach (var peer in state.Members.Peers)
            {
                peer.IsContactDue = true;
                peer.IsProbeDue = true;
            }

            clocks.Judge();
        }

        return IsQuorumAlive();
    }

    public bool IsQuorumAlive()
    {
        var heard = (long)state.Members.Quorum((ulong)state.Now, PeerValue.Answered);
        return state.Now - heard <= state.Options.ElectionTimeoutMaxNanos;
    }

    public void OnAnswer(Peer peer, in PeerMessage message)
    {
        peer.AnsweredAt = state.Now;
        clocks.Sample(peer, in message);
        OnRebuild(peer, in message);
        hashes.OnReport(peer, in message);
        if (message.Reason == AnswerReason.None)
        {
            OnTaken(peer, in message);
        }
        else if (message.Reason != AnswerReason.StaleTerm)
        {
            // A refusal is a sign of life in this term as well, so it confirms reads and leases.
            OnRefused(peer, in message);
        }

        peer.EchoSequence = Math.Max(peer.EchoSequence, message.EchoSequence);
        peer.EchoSentAt = Math.Max(peer.EchoSentAt, message.EchoSentAt);
        Count();
    }

    /// <summary>
    /// Commits what a majority has durably, if it is of the own term: an entry of an earlier term that stands on a
    /// majority may still be overwritten (thesis figure 3.7), unless one of the own term stands behind it.
    /// </summary>
    public void Count()
    {
        if (!state.IsLeader)
        {
            return;
        }

        var reached = state.Members.Quorum(state.Marks.Index, PeerValue.Match);
        if (reached >= TermStart)
        {
            state.Commit(reached);
        }
    }

    /// <summary>Sends each follower what it is due.</summary>
    public void Flush()
    {
        foreach (var peer in state.Members.Peers)
        {
            var isFed = peer.State switch
            {
                ProgressState.Probe => peer.IsProbeDue && TryProbe(peer),
                ProgressState.Replicate => TryStream(peer),
                _ => snapshots.TryFeed(peer),
            };
            if (peer.IsRebuilding && peer.State != ProgressState.Snapshot)
            {
                snapshots.TryFeed(peer);
            }

            var isBehind = peer.CommitSent < state.CommitIndex && peer.InflightCount == 0;
            if (!isFed && (peer.IsContactDue || IsRoundDue || (isBehind && peer.State == ProgressState.Replicate)))
            {
                Send(peer, peer.State == ProgressState.Snapshot ? peer.MatchIndex : peer.NextIndex - 1, default, 0);
            }

            if (isFed)
            {
                peer.IsContactDue = false;
            }
        }

        IsRoundDue = false;
    }

    /// <summary>Entries that were asked for have been read.</summary>
    public void OnEntriesRead(Peer peer, ulong first, ReadOnlySpan<byte> entries)
    {
        peer.IsReading = false;
        if (!state.IsLeader || peer.State == ProgressState.Snapshot || peer.NextIndex != first)
        {
            return;
        }

        var last = first - 1;
        var length = 0;
        while (EntryCodec.TryRead(entries[length..], out var header, out var payload, out _))
        {
            Invariant.Check(header.Index == last + 1);
            last++;
            length += EntryCodec.HeaderSize + payload.Length;
        }

        if (last < first)
        {
            snapshots.Begin(peer);
            return;
        }

        entries[..length].CopyTo(peer.Room(length));
        peer.BufferedFirst = first;
        peer.BufferedLast = last;
        peer.BufferedBytes = length;
    }

    // The latest word counts: an acknowledgement may be overtaken.
    private void OnRebuild(Peer peer, in PeerMessage message)
    {
        var isRebuilding = (message.Flags & MessageFlags.Rebuild) != 0;
        if (isRebuilding == peer.IsRebuilding || message.EchoSequence < peer.EchoSequence)
        {
            return;
        }

        if (isRebuilding)
        {
            snapshots.Rebuild(peer);
        }
        else
        {
            peer.IsRebuilding = false;
            peer.Return();
        }
    }

    private void OnTaken(Peer peer, in PeerMessage message)
    {
        var match = Math.Min(message.Index, state.Log.Last.Index);
        if (match > peer.MatchIndex)
        {
            peer.MatchIndex = match;
            peer.NextIndex = Math.Max(peer.NextIndex, match + 1);
        }

        peer.FreeInflights(match);
        if (peer.State == ProgressState.Snapshot)
        {
            if (peer.MatchIndex >= state.Log.FloorIndex)
            {
                peer.Probe(peer.MatchIndex + 1);
                peer.Barrier = state.Out.Sequence;
            }
            else if (peer.SnapshotIndex > 0 && peer.SnapshotIndex <= peer.MatchIndex)
            {
                // It got there by entries that were under way, and the log begins behind it by now: it will not take
                // the one that is being sent, it needs the newest.
                snapshots.Begin(peer);
            }
        }
        else if (peer.State == ProgressState.Probe && message.EchoSequence > peer.Barrier)
        {
            peer.Replicate();
            peer.Barrier = state.Out.Sequence;
        }
    }

    private void OnRefused(Peer peer, in PeerMessage message)
    {
        // What was sent before the state last changed has been reacted to, or is the duplicate of what has.
        if (message.EchoSequence <= peer.Barrier || peer.State == ProgressState.Snapshot)
        {
            return;
        }

        var agreed = message.Reason == AnswerReason.Mismatch
            ? state.Log.LastWithin(message.HintIndex, message.HintTerm)
            : message.HintIndex;
        if (message.Reason == AnswerReason.Mismatch)
        {
            agreed = Math.Min(agreed, message.Index - 1);
        }

        // It once had more than it has: a damaged or lost log. It is not counted on for what it lost (etcd panics
        // here).
        peer.MatchIndex = Math.Min(peer.MatchIndex, agreed);
        peer.Probe(Math.Min(agreed, state.Log.Last.Index) + 1);
        peer.IsProbeDue = message.Reason == AnswerReason.Mismatch;
        peer.Barrier = state.Out.Sequence;
    }

    private bool TryProbe(Peer peer)
    {
        if (!TrySendNext(peer))
        {
            return false;
        }

        peer.IsProbeDue = false;
        return true;
    }

    private bool TryStream(Peer peer)
    {
        // Full windows do not hide that what comes next is gone: without the entry before it there is not even a
        // heartbeat.
        if (peer.NextIndex <= state.Log.FloorIndex)
        {
            snapshots.Begin(peer);
            return snapshots.TryFeed(peer);
        }

        var isSent = false;
        while (peer.NextIndex <= state.Log.Last.Index
            && peer.State == ProgressState.Replicate
            && peer.InflightCount < state.Options.InflightMessagesMax
            && peer.InflightBytes < state.Options.InflightBytesMax
            && TrySendNext(peer))
        {
            isSent = true;
        }

        return isSent;
    }

    /// <summary>Sends the next entries, or asks for them where they have left the memory.</summary>
    private bool TrySendNext(Peer peer)
    {
        var next = peer.NextIndex;
        if (next <= state.Log.FloorIndex)
        {
            snapshots.Begin(peer);
            return snapshots.TryFeed(peer);
        }

        var last = state.Log.Last.Index;
        if (next > last)
        {
            Send(peer, next - 1, default, 0);
            return true;
        }

        if (state.Log.Ring.Has(next))
        {
            var body = state.Log.Ring.Run(next, last, state.Options.MessageBytesMax, out var end);
            SendEntries(peer, body, end);
            return true;
        }

        if (peer.BufferedBytes > 0 && peer.BufferedFirst == next)
        {
            SendEntries(peer, peer.Buffer.AsMemory(0, peer.BufferedBytes), peer.BufferedLast);
            peer.BufferedBytes = 0;
            return true;
        }

        if (!peer.IsReading)
        {
            peer.IsReading = true;
            var end = Math.Min(last, state.Log.Ring.First - 1);
            state.Ready.EntryReadBatch.Add(
                new EntryRead(peer.Id, next, end, state.Options.MessageBytesMax, IsRepair: false));
        }

        return false;
    }

    private void SendEntries(Peer peer, ReadOnlyMemory<byte> body, ulong last)
    {
        Send(peer, peer.NextIndex - 1, body, (uint)(last - peer.NextIndex + 1));
        if (peer.State == ProgressState.Replicate)
        {
            peer.AddInflight(last, body.Length, state.Options.InflightMessagesMax);
            peer.NextIndex = last + 1;
        }
    }

    private void Send(Peer peer, ulong previous, ReadOnlyMemory<byte> body, uint count)
    {
        if (!state.Log.TryTermAt(previous, out var term))
        {
            previous = 0;
        }

        var message = state.Out.Make(PeerMessageKind.AppendEntries, peer.Id);
        message.Index = previous;
        message.LogTerm = term;
        message.EntryCount = count;
        message.EchoSentAt = peer.LastSentAt;
        message.AppliedIndex = hashes.AskedIndex;
        if (state.Log.TryPointAt(previous, out var point))
        {
            message.ChainHash = point.ChainHash;
            message.Flags = MessageFlags.Chained;
        }

        state.Out.Send(in message, body);
        peer.CommitSent = state.CommitIndex;
        peer.IsContactDue = false;
    }
}
