namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Whether the members' states are the same: every acknowledgement carries (applied index, state hash, event-chain
/// hash) at an index that <see cref="RaftOptions.HashIntervalEntries"/> divides. Where two differ, the leader asks all
/// for their hashes at that one index; what a majority of the voters has is right, the others are told to stand aside.
/// </summary>
internal sealed class HashAgreement(NodeState state)
{
    private readonly HashReport[] _history = new HashReport[state.Options.HashHistory];
    private int _next;

    /// <summary>The index at which the leader wants to know everybody's hashes; zero: the latest.</summary>
    public ulong AskedIndex { get; private set; }

    /// <summary>Of a quarantined node: its state was the majority's here.</summary>
    public ulong LastEqualIndex { get; private set; }

    /// <summary>Of a quarantined node: and was not here.</summary>
    public ulong FirstDifferentIndex { get; private set; }

    /// <summary>Of a quarantined node: what the majority has there.</summary>
    public HashReport Right { get; private set; }

    public HashReport Latest { get; private set; }

    public void BeginLeading() => AskedIndex = 0;

    public void OnApplied(ulong index, ulong stateHash, ulong eventChainHash)
    {
        if (index % (ulong)state.Options.HashIntervalEntries != 0)
        {
            return;
        }

        Latest = new HashReport(index, stateHash, eventChainHash);
        _history[_next] = Latest;
        _next = (_next + 1) % _history.Length;
        if (!state.IsLeader)
        {
            return;
        }

        foreach (var peer in state.Members.Peers)
        {
            if (peer.Report.Index == index)
            {
                Compare(peer);
            }
        }
    }

    /// <summary>Puts the hashes into an acknowledgement: those asked for, else the latest.</summary>
    public void Attach(ref PeerMessage message, ulong asked)
    {
        if (state.Has(RaftFaults.Quarantined) || Latest.Index == 0)
        {
            return;
        }

        var report = asked != 0 && TryAt(asked, out var found) ? found : Latest;
        message.AppliedIndex = report.Index;
        message.StateHash = report.StateHash;
        message.EventChainHash = report.EventChainHash;
        message.Flags |= MessageFlags.Hashed;
    }

    public void OnReport(Peer peer, in PeerMessage message)
    {
        if ((message.Flags & MessageFlags.Hashed) == 0)
        {
            return;
        }

        var report = new HashReport(message.AppliedIndex, message.StateHash, message.EventChainHash);
        if (peer.IsQuarantined)
        {
            // Where it differed it is right by now, or further on: it was built anew. An old report cannot say so.
            if (report.Index < peer.DifferentIndex || !TryAt(report.Index, out var own) || own != report)
            {
                return;
            }

            peer.Return();
        }

        peer.Report = report;
        Compare(peer);
    }

    /// <summary>
    /// Tells those whose state differs from the majority's; repeated with the heartbeat until they know.
    /// </summary>
    public void Flush()
    {
        if (!state.IsLeader)
        {
            return;
        }

        foreach (var peer in state.Members.Peers)
        {
            if (!peer.IsQuarantined)
            {
                continue;
            }

            if (!TryAt(peer.DifferentIndex, out var right))
            {
                // Too long ago to be proved: if it still differs, it does so at what it reports next.
                peer.Return();
            }
            else if (peer.IsContactDue)
            {
                var message = state.Out.Make(PeerMessageKind.Quarantine, peer.Id);
                message.AppliedIndex = right.Index;
                message.StateHash = right.StateHash;
                message.EventChainHash = right.EventChainHash;
                message.HintIndex = peer.EqualIndex;
                state.Out.Send(in message, default);
            }
        }
    }

    /// <summary>The leader says that the majority has another state.</summary>
    public void OnQuarantine(in PeerMessage message)
    {
        var right = new HashReport(message.AppliedIndex, message.StateHash, message.EventChainHash);

        // Where it has no hash, it has not come there yet, again or at all: then this was said of another state.
        if (TryAt(right.Index, out var own) && own != right)
        {
            StandAside(message.HintIndex, right);
        }
    }

    /// <summary>The own memory was found damaged, by a scrubber or otherwise.</summary>
    public void StandAside(ulong lastEqual, HashReport right)
    {
        if (!state.Has(RaftFaults.Quarantined))
        {
            state.Set(RaftFaults.Quarantined, true);
            LastEqualIndex = lastEqual;
            FirstDifferentIndex = right.Index;
            Right = right;
        }
    }

    /// <summary>The state was built anew and is the majority's.</summary>
    public void Return()
    {
        state.Set(RaftFaults.Quarantined, false);
        LastEqualIndex = 0;
        FirstDifferentIndex = 0;
        Latest = default;
        Array.Clear(_history);
    }

    private bool TryAt(ulong index, out HashReport report)
    {
        foreach (var known in _history)
        {
            if (known.Index == index && index != 0)
            {
                report = known;
                return true;
            }
        }

        report = default;
        return false;
    }

    private void Compare(Peer peer)
    {
        if (!TryAt(peer.Report.Index, out var own))
        {
            return;
        }

        if (own == peer.Report)
        {
            peer.EqualIndex = Math.Max(peer.EqualIndex, own.Index);
        }
        else if (peer.DifferentIndex == 0 || own.Index < peer.DifferentIndex)
        {
            peer.DifferentIndex = own.Index;
        }

        if (AskedIndex == 0 && peer.DifferentIndex != 0)
        {
            AskedIndex = peer.DifferentIndex;
            state.Set(RaftFaults.Disputed, true);
        }

        if (AskedIndex != 0)
        {
            Judge();
        }
    }

    /// <summary>Decides as soon as a majority of voters has the same at the disputed index.</summary>
    private void Judge()
    {
        if (!TryAt(AskedIndex, out var own))
        {
            AskedIndex = 0;
            return;
        }

        var majority = (state.Members.Current.VoterCount / 2) + 1;
        if (CountOf(own) >= majority)
        {
            foreach (var peer in state.Members.Peers)
            {
                if (peer.Report.Index == own.Index && peer.Report != own)
                {
                    peer.IsQuarantined = true;
                    peer.IsContactDue = true;
                }
            }

            Settle();
            return;
        }

        foreach (var peer in state.Members.Peers)
        {
            if (peer.Report.Index == own.Index && CountOf(peer.Report) >= majority)
            {
                StandAside(peer.EqualIndex, peer.Report);
                Settle();
                return;
            }
        }
    }

    private int CountOf(HashReport report)
    {
        var count = state.Members.IsSelfVoter && TryAt(report.Index, out var own) && own == report ? 1 : 0;
        foreach (var peer in state.Members.Peers)
        {
            count += peer.IsVoter && peer.Report == report ? 1 : 0;
        }

        return count;
    }

    // Whoever has not said anything about the disputed index yet is compared again when it does.
    private void Settle()
    {
        AskedIndex = 0;
        state.Set(RaftFaults.Disputed, false);
    }
}
