using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The configurations of the log, in force from the moment they are appended (thesis 4.1), and what is known of each
/// member. Configurations are kept back to the applied one, so that a truncation finds the one before.
/// </summary>
internal sealed class Members
{
    private readonly MemberId _self;
    private (ulong Index, Configuration Configuration)[] _history = new (ulong, Configuration)[4];
    private int _count;
    private Peer[] _known = [];
    private Peer[] _peers = [];

    public Members(MemberId self, Configuration configuration, ulong index)
    {
        _self = self;
        Restart(configuration, index);
    }

    /// <summary>The configuration in force.</summary>
    public Configuration Current => _history[_count - 1].Configuration;

    /// <summary>Index of the entry that brought it.</summary>
    public ulong CurrentIndex => _history[_count - 1].Index;

    /// <summary>The other members of the configuration in force, by number.</summary>
    public ReadOnlySpan<Peer> Peers => _peers;

    public bool IsSelfVoter { get; private set; }

    public void Restart(Configuration configuration, ulong index)
    {
        _history[0] = (index, configuration);
        _count = 1;
        Use();
    }

    public void Append(Configuration configuration, ulong index)
    {
        Invariant.Check(index > CurrentIndex);
        if (_count == _history.Length)
        {
            Array.Resize(ref _history, _count * 2);
        }

        _history[_count++] = (index, configuration);
        Use();
    }

    public void Truncate(ulong from)
    {
        var before = _count;
        while (_count > 1 && _history[_count - 1].Index >= from)
        {
            _count--;
        }

        if (_count != before)
        {
            Use();
        }
    }

    /// <summary>Forgets configurations that were replaced before an index.</summary>
    public void Compact(ulong index)
    {
        while (_count > 1 && _history[1].Index <= index)
        {
            _history.AsSpan(1, _count - 1).CopyTo(_history);
            _count--;
        }
    }

    public Configuration At(ulong index)
    {
        var place = _count - 1;
        while (place > 0 && _history[place].Index > index)
        {
            place--;
        }

        return _history[place].Configuration;
    }

    /// <summary>What is known of a member of the configuration in force; null where it is none.</summary>
    public Peer? Find(MemberId id)
    {
        foreach (var peer in _peers)
        {
            if (peer.Id == id)
            {
                return peer;
            }
        }

        return null;
    }

    /// <summary>Like <see cref="Find"/>, also of nodes that are no members, or were.</summary>
    public Peer Known(MemberId id)
    {
        foreach (var peer in _known)
        {
            if (peer.Id == id)
            {
                return peer;
            }
        }

        // A bound against strangers: the latest are remembered, members always.
        var stranger = new Peer(id);
        if (_known.Length >= 2 * Configuration.MembersMax)
        {
            for (var i = 0; i < _known.Length; i++)
            {
                if (Current.RolesOf(_known[i].Id) == MemberRoles.None)
                {
                    _known[i] = stranger;
                    return stranger;
                }
            }
        }

        Array.Resize(ref _known, _known.Length + 1);
        _known[^1] = stranger;
        return stranger;
    }

    /// <summary>Whether a higher incarnation of the same number is a member: the one asking is retired.</summary>
    public bool IsRetired(MemberId id)
    {
        foreach (var member in Current.Members)
        {
            if (member.Id.Number == id.Number && member.Id.Incarnation > id.Incarnation)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The highest value that a majority has reached, of both majorities during a change. Counted over the members,
    /// never over those that answered. The own value does not count where the node does not vote (thesis 4.2.2).
    /// </summary>
    public ulong Quorum(ulong own, PeerValue value)
    {
        var current = QuorumOf(own, value, MemberRoles.Voter, Current.VoterCount);
        return Current.IsJoint
            ? Math.Min(current, QuorumOf(own, value, MemberRoles.OutgoingVoter, Current.OutgoingCount))
            : current;
    }

    /// <summary>Whether a majority, or both, are among the marked ones.</summary>
    public bool IsQuorum(bool own, ulong marks) =>
        IsQuorumOf(own, marks, MemberRoles.Voter, Current.VoterCount)
        && (!Current.IsJoint || IsQuorumOf(own, marks, MemberRoles.OutgoingVoter, Current.OutgoingCount));

    /// <summary>The mark of a peer for <see cref="IsQuorum"/>; valid while the configuration is.</summary>
    public ulong MarkOf(MemberId id)
    {
        for (var i = 0; i < _peers.Length; i++)
        {
            if (_peers[i].Id == id)
            {
                return 1UL << i;
            }
        }

        return 0;
    }

    private static ulong ValueOf(Peer peer, PeerValue value) => value switch
    {
        PeerValue.Match => peer.MatchIndex,
        PeerValue.Echo => peer.EchoSequence,
        PeerValue.Answered => (ulong)peer.AnsweredAt,
        _ => (ulong)peer.EchoSentAt,
    };

    private ulong QuorumOf(ulong own, PeerValue value, MemberRoles role, int voters)
    {
        if (voters == 0)
        {
            return 0;
        }

        Span<ulong> values = stackalloc ulong[Configuration.MembersMax + 1];
        var count = 0;
        foreach (var peer in _peers)
        {
            if (Configuration.Has(peer.Roles, role))
            {
                Insert(values, count++, ValueOf(peer, value));
            }
        }

        if (Configuration.Has(Current.RolesOf(_self), role))
        {
            Insert(values, count++, own);
        }

        Invariant.Check(count == voters);
        return values[voters / 2];
    }

    // Keeps them in falling order.
    private static void Insert(Span<ulong> values, int count, ulong value)
    {
        var place = count;
        while (place > 0 && values[place - 1] < value)
        {
            values[place] = values[place - 1];
            place--;
        }

        values[place] = value;
    }

    private bool IsQuorumOf(bool own, ulong marks, MemberRoles role, int voters)
    {
        var count = own && Configuration.Has(Current.RolesOf(_self), role) ? 1 : 0;
        for (var i = 0; i < _peers.Length; i++)
        {
            if ((marks & (1UL << i)) != 0 && Configuration.Has(_peers[i].Roles, role))
            {
                count++;
            }
        }

        return count > voters / 2;
    }

    private void Use()
    {
        var members = Current.Members;
        var others = 0;
        IsSelfVoter = Current.IsVoter(_self);
        foreach (var member in members)
        {
            others += member.Id == _self ? 0 : 1;
        }

        var peers = new Peer[others];
        var place = 0;
        foreach (var member in members)
        {
            if (member.Id != _self)
            {
                var peer = Known(member.Id);
                peer.Roles = member.Roles;
                peers[place++] = peer;
            }
        }

        _peers = peers;
    }
}

/// <summary>Which of a peer's values a majority is looked for.</summary>
internal enum PeerValue : byte
{
    Match,
    Echo,
    Answered,
    EchoSentAt,
}
