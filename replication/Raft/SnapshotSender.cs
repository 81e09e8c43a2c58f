namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Brings a follower what the log no longer holds (thesis 5.1): in parts, each confirmed, each asked for by the
/// follower's own progress. Progress and not time decides what is sent next, so a slow installation never starts over;
/// heartbeats go on beside it.
/// </summary>
internal sealed class SnapshotSender(NodeState state)
{
    public void Begin(Peer peer)
    {
        peer.State = ProgressState.Snapshot;
        Restart(peer);
        peer.Barrier = state.Out.Sequence;
    }

    /// <summary>Sends a snapshot beside the entries, to one whose state is bad.</summary>
    public void Rebuild(Peer peer)
    {
        peer.IsRebuilding = true;
        if (peer.State != ProgressState.Snapshot)
        {
            Restart(peer);
        }
    }

    private static void Restart(Peer peer)
    {
        peer.SnapshotIndex = 0;
        peer.SnapshotOffset = 0;
        peer.IsSnapshotPartBuffered = false;
        peer.IsSnapshotMissing = false;
        peer.IsProbeDue = true;
    }

    /// <summary>Sends the part that is at hand, or asks for it.</summary>
    /// <returns>Whether something was sent.</returns>
    public bool TryFeed(Peer peer)
    {
        if (peer.IsSnapshotPartBuffered)
        {
            // Sent again with each heartbeat until the follower confirms it: a part may be lost.
            if (!peer.IsProbeDue)
            {
                return false;
            }

            peer.IsProbeDue = false;
            SendPart(peer);
            return false;
        }

        if (!peer.IsSnapshotReading
            && (peer.IsProbeDue || !peer.IsSnapshotMissing)
            && state.Snapshot.Point.Index > 0)
        {
            peer.IsProbeDue &= !peer.IsSnapshotMissing;
            peer.IsSnapshotMissing = false;
            peer.IsSnapshotReading = true;
            state.Ready.SnapshotReadBatch.Add(
                new SnapshotRead(peer.Id, peer.SnapshotIndex, peer.SnapshotOffset, state.Options.SnapshotPartBytes));
        }

        return false;
    }

    /// <summary>A part was read.</summary>
    public void OnPart(Peer peer, in LogPoint point, ulong offset, ulong length, ReadOnlySpan<byte> bytes)
    {
        peer.IsSnapshotReading = false;
        if (!state.IsLeader || !peer.TakesSnapshot)
        {
            return;
        }

        if (point.Index != peer.SnapshotIndex)
        {
            // The one being sent is gone; the follower says what it has of the other one.
            peer.SnapshotIndex = point.Index;
            peer.SnapshotOffset = 0;
            if (offset != 0)
            {
                return;
            }
        }

        peer.SnapshotTerm = point.Term;
        peer.SnapshotChain = point.ChainHash;
        peer.SnapshotLength = length;
        peer.SnapshotOffset = offset;
        bytes.CopyTo(peer.SnapshotRoom(bytes.Length));
        peer.IsSnapshotPartBuffered = true;
        peer.IsProbeDue = true;
    }

    /// <summary>There is no such part: the next heartbeat asks anew, for the newest snapshot.</summary>
    public void OnUnavailable(Peer peer)
    {
        peer.IsSnapshotReading = false;
        peer.IsSnapshotMissing = true;
        peer.IsProbeDue = false;
        peer.SnapshotIndex = 0;
        peer.SnapshotOffset = 0;
    }

    public void OnAnswer(Peer peer, in PeerMessage message)
    {
        peer.AnsweredAt = state.Now;
        peer.EchoSequence = Math.Max(peer.EchoSequence, message.EchoSequence);
        peer.EchoSentAt = Math.Max(peer.EchoSentAt, message.EchoSentAt);
        var isLatest = message.EchoSequence >= peer.SnapshotEchoSequence;
        peer.SnapshotEchoSequence = Math.Max(peer.SnapshotEchoSequence, message.EchoSequence);
        if (!peer.TakesSnapshot || message.Index != peer.SnapshotIndex)
        {
            return;
        }

        if (message.Reason == AnswerReason.Unavailable)
        {
            // Complete and bad: it was damaged on the way or at the source. From the start, with the newest there is.
            peer.SnapshotIndex = 0;
            peer.SnapshotOffset = 0;
            peer.IsSnapshotPartBuffered = false;
        }
        else if (message.Offset < peer.SnapshotLength
            && (message.Offset > peer.SnapshotOffset
                || (message.Offset < peer.SnapshotOffset && isLatest)))
        {
            // Backwards, too, if the latest word about snapshots says so: a restart may have cost the follower what it
            // had. The answer to a heartbeat that was sent beside the part is another word, and comes before it.
            peer.SnapshotOffset = message.Offset;
            peer.IsSnapshotPartBuffered = false;
        }
    }

    private void SendPart(Peer peer)
    {
        var message = state.Out.Make(PeerMessageKind.InstallSnapshot, peer.Id);
        message.Index = peer.SnapshotIndex;
        message.LogTerm = peer.SnapshotTerm;
        message.ChainHash = peer.SnapshotChain;
        message.Flags = MessageFlags.Chained;
        message.Offset = peer.SnapshotOffset;
        message.Length = peer.SnapshotLength;
        state.Out.Send(in message, peer.SnapshotPart.AsMemory(0, peer.SnapshotPartLength));
    }
}
