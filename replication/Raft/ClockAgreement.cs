namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Whether the own clock lies in the interval that a majority agrees on (Marzullo 1984; TigerBeetle does the same).
/// Each voter's clock is known up to the time its answer was under way, and is itself wrong by at most
/// <see cref="RaftOptions.ClockErrorMaxNanos"/>.
/// </summary>
internal sealed class ClockAgreement(NodeState state)
{
    // A sample older than this many election timeouts says nothing any more.
    private const int SampleTimeouts = 4;

    // Until then the clocks are being set, one after the other, as an operator allowed.
    private long _pausedUntil = long.MinValue;

    /// <summary>
    /// The own clock makes a step that is allowed to all: what is known of the others is void for a while.
    /// </summary>
    public void Pause() => _pausedUntil = state.Now + state.Options.ElectionTimeoutMaxNanos;

    /// <summary>Takes the clock from an answer, or from a leader that gives back when it was answered.</summary>
    public void Sample(Peer peer, in PeerMessage message)
    {
        if (message.EchoSentAt == 0 || message.EchoSentAt > state.Now || state.Now < _pausedUntil)
        {
            return;
        }

        var offset = message.Clock - state.Clock.Bounded;
        peer.Clock = new ClockSample(state.Now, offset, offset + (state.Now - message.EchoSentAt));
    }

    /// <summary>Decides anew; without enough samples it stays as it was.</summary>
    public void Judge()
    {
        if (state.Now < _pausedUntil)
        {
            return;
        }

        var majority = (state.Members.Current.VoterCount / 2) + 1;
        var isMajorityElsewhere = false;
        foreach (var peer in state.Members.Peers)
        {
            if (!TryInterval(peer, out var low, out var high))
            {
                continue;
            }

            // Where intervals overlap most, one of them begins or the own one does.
            var error = state.Options.ClockErrorMaxNanos;
            isMajorityElsewhere |= Count(low, isOwnCounted: false) >= majority;
            if (low <= error && high >= -error && Count(Math.Max(low, -error), isOwnCounted: true) >= majority)
            {
                state.Set(RaftFaults.ClockOutside, false);
                return;
            }
        }

        if (Count(-state.Options.ClockErrorMaxNanos, isOwnCounted: true) >= majority)
        {
            state.Set(RaftFaults.ClockOutside, false);
        }
        else if (isMajorityElsewhere)
        {
            state.Set(RaftFaults.ClockOutside, true);
        }
    }

    private int Count(long at, bool isOwnCounted)
    {
        var count = isOwnCounted && state.Members.IsSelfVoter ? 1 : 0;
        foreach (var peer in state.Members.Peers)
        {
            if (TryInterval(peer, out var low, out var high) && low <= at && at <= high)
            {
                count++;
            }
        }

        return count;
    }

    private bool TryInterval(Peer peer, out long low, out long high)
    {
        var error = state.Options.ClockErrorMaxNanos;
        low = peer.Clock.OffsetLow - error;
        high = peer.Clock.OffsetHigh + error;
        return Configuration.Has(peer.Roles, MemberRoles.Voter)
            && peer.Clock.At != 0
            && peer.Clock.At > _pausedUntil
            && state.Now - peer.Clock.At <= SampleTimeouts * state.Options.ElectionTimeoutMaxNanos;
    }
}
