using System.Runtime.InteropServices;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// What a node may never forget (thesis 3.4, "persistent state"): 40 bytes, little-endian. The caller writes it in the
/// order in which it is given out, among the entries.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 40)]
public record struct HardState
{
    /// <summary>The latest term seen. Never falls.</summary>
    public ulong Term;

    /// <summary>Who got the vote in this term; <see cref="MemberId.None"/> while nobody.</summary>
    public MemberId VotedFor;

    /// <summary>A committed index, to start applying from; may lag behind, never runs ahead.</summary>
    public ulong CommitIndex;

    /// <summary>Term of the entry at <see cref="VoteFloorIndex"/>.</summary>
    public ulong VoteFloorTerm;

    /// <summary>
    /// Where a log ended that was damaged and had to be cut. Until the log is as good again, the node votes for none
    /// whose log ends before it, not even for itself. Zero where nothing was lost.
    /// </summary>
    public ulong VoteFloorIndex;
}
