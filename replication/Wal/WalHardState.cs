namespace Exchange.Rsm.Replication.Wal;

/// <summary>What a member must remember before it speaks: never goes back.</summary>
/// <param name="Term">The highest term seen.</param>
/// <param name="VotedFor">Who got the vote of that term; zero for nobody yet.</param>
/// <param name="CommitIndex">An entry known to be committed; may lag behind.</param>
/// <param name="Epoch">The cluster's epoch, raised by a restore.</param>
public readonly record struct WalHardState(ulong Term, ulong VotedFor, ulong CommitIndex, ushort Epoch)
{
    /// <summary>Term of the entry at <see cref="VoteFloorIndex"/>.</summary>
    public ulong VoteFloorTerm { get; init; }

    /// <summary>
    /// A damaged log that had to be cut ended here: until the log is there again, no vote for a log that ends before.
    /// Zero for none. Of two states the higher one holds; one that is too high forgets nothing.
    /// </summary>
    public ulong VoteFloorIndex { get; init; }

    /// <summary>The same state with the higher floor of two.</summary>
    /// <param name="other">The other state.</param>
    /// <returns>The state.</returns>
    public WalHardState WithFloorOf(WalHardState other) =>
        (other.VoteFloorTerm, other.VoteFloorIndex).CompareTo((VoteFloorTerm, VoteFloorIndex)) > 0
            ? this with { VoteFloorTerm = other.VoteFloorTerm, VoteFloorIndex = other.VoteFloorIndex }
            : this;

    /// <summary>Tells whether a state may come after this one.</summary>
    /// <param name="next">The later state.</param>
    /// <returns>False where it would forget a term, a vote or an epoch.</returns>
    public bool MayBecome(WalHardState next)
    {
        if (next.Epoch < Epoch || next.CommitIndex < CommitIndex || next.Term < Term)
        {
            return false;
        }

        return next.Term > Term || VotedFor == 0 || next.VotedFor == VotedFor;
    }
}
