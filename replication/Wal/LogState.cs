using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>
/// All that a group must know of those before it. Every group carries it as it was before the group, so that a lost
/// group leaves a hole of known size and not a guess, and so that no record of a released segment is ever missed.
/// Part of the layout of <see cref="GroupHeader"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
internal struct LogState
{
    public const int Size = 176;

    public ulong Term;
    public ulong VotedFor;
    public ulong CommitIndex;
    public ulong Epoch;
    public ulong VoteFloorTerm;
    public ulong VoteFloorIndex;
    public ulong BaseIndex;
    public ulong BaseTerm;
    public ChainHash BaseChain;
    public ulong LastIndex;
    public ulong LastTerm;

    /// <summary>Zero where it is not known: after a truncation whose caller did not say.</summary>
    public ChainHash LastChain;

    /// <summary>The group that last cut the log, and the first index it took off; zero for none.</summary>
    public ulong CutSequence;
    public ulong CutIndex;

    /// <summary>The one before that.</summary>
    public ulong EarlierCutSequence;
    public ulong EarlierCutIndex;

    public readonly WalHardState HardState => new(Term, VotedFor, CommitIndex, (ushort)Epoch)
    {
        VoteFloorTerm = VoteFloorTerm,
        VoteFloorIndex = VoteFloorIndex,
    };

    public void Take(WalHardState next)
    {
        Term = next.Term;
        VotedFor = next.VotedFor;
        CommitIndex = next.CommitIndex;
        Epoch = next.Epoch;
        VoteFloorTerm = next.VoteFloorTerm;
        VoteFloorIndex = next.VoteFloorIndex;
    }

    public void Append(in EntryHeader header)
    {
        Invariant.Check(header.Index == LastIndex + 1);
        Invariant.Check(header.Term >= LastTerm);
        LastIndex = header.Index;
        LastTerm = header.Term;
        LastChain = header.ChainHash;
    }

    public void Truncate(in TruncationRecord record, ulong sequence)
    {
        Invariant.Check(record.From > BaseIndex);
        Invariant.Check(record.From <= LastIndex);
        LastIndex = record.From - 1;
        LastTerm = record.TermBefore;
        LastChain = record.ChainBefore;
        Cut(sequence, record.From);
    }

    public void Reset(in ResetRecord record, ulong sequence)
    {
        BaseIndex = LastIndex = record.Index;
        BaseTerm = LastTerm = record.Term;
        BaseChain = LastChain = record.Chain;
        Cut(sequence, 0);
    }

    /// <summary>
    /// The first index that groups from <paramref name="first"/> on, up to the one before whose state this is, may have
    /// replaced.
    /// </summary>
    /// <param name="first">The first group in question.</param>
    /// <param name="otherwise">The answer where none of them cut the log.</param>
    /// <param name="isKnown">False where they cut it more often than is remembered.</param>
    /// <returns>The index; zero for all of them.</returns>
    public readonly ulong CutSince(ulong first, ulong otherwise, out bool isKnown)
    {
        isKnown = EarlierCutSequence < first || EarlierCutSequence == 0;
        if (!isKnown)
        {
            return 0;
        }

        return CutSequence != 0 && CutSequence >= first ? Math.Min(CutIndex, otherwise) : otherwise;
    }

    private void Cut(ulong sequence, ulong index)
    {
        EarlierCutSequence = CutSequence;
        EarlierCutIndex = CutIndex;
        CutSequence = sequence;
        CutIndex = index;
    }
}
