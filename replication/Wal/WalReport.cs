using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>Entries that were durable once and cannot be read, both ends included.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
/// <param name="LastChain">
/// The chain hash of the last, by which a peer's copy is known to be the right one; zero where it is not known.
/// </param>
public readonly record struct WalFault(ulong First, ulong Last, ChainHash LastChain);

/// <summary>Entries of one term, from one index up to where the next run begins.</summary>
/// <param name="First">The first entry.</param>
/// <param name="Term">Its term; zero where it is not known, because the entries are damaged.</param>
public readonly record struct TermRun(ulong First, ulong Term);

/// <summary>One thing that recovery found wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="File">In which file.</param>
/// <param name="Offset">Where, bytes.</param>
/// <param name="Sequence">The group.</param>
/// <param name="LastIndex">The last entry before it; of a lost group, the last one lost. Zero without a group.</param>
public readonly record struct WalFinding(
    WalFindingKind Kind, FileId File, long Offset, ulong Sequence, ulong LastIndex = 0);

/// <summary>What an opened disk held.</summary>
public sealed class WalReport
{
    /// <summary>Whose log it is.</summary>
    public required WalIdentity Identity { get; init; }

    /// <summary>The highest hard state among all that can be read.</summary>
    public required WalHardState HardState { get; init; }

    /// <summary>The first entry that is there; above <see cref="LastIndex"/> where there is none.</summary>
    public required ulong FirstIndex { get; init; }

    /// <summary>The last entry of the log, also where it is damaged.</summary>
    public required ulong LastIndex { get; init; }

    /// <summary>Its term.</summary>
    public required ulong LastTerm { get; init; }

    /// <summary>Its chain hash; zero where it is not known.</summary>
    public required ChainHash LastChain { get; init; }

    /// <summary>The entry that the log was last reset to; zero for the beginning.</summary>
    public required ulong BaseIndex { get; init; }

    /// <summary>Its term.</summary>
    public required ulong BaseTerm { get; init; }

    /// <summary>Its chain hash.</summary>
    public required ChainHash BaseChain { get; init; }

    /// <summary>The last whole group.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>The terms of the entries, in order.</summary>
    public required IReadOnlyList<TermRun> Terms { get; init; }

    /// <summary>
    /// Entries that were durable and are damaged: to be repaired from peers. Until then the node neither serves them
    /// nor helps to elect a candidate whose log ends before them.
    /// </summary>
    public required IReadOnlyList<WalFault> Faults { get; init; }

    /// <summary>What was wrong, in order; the first <see cref="FindingsMax"/>.</summary>
    public required IReadOnlyList<WalFinding> Findings { get; init; }

    /// <summary>Most findings that are listed.</summary>
    public const int FindingsMax = 256;
}

/// <summary>Is told how far a recovery has come.</summary>
public interface IWalProgress
{
    /// <summary>Called after each segment.</summary>
    /// <param name="bytesRead">So far.</param>
    /// <param name="bytesTotal">To be read.</param>
    /// <param name="lastIndex">The last entry so far.</param>
    void Report(long bytesRead, long bytesTotal, ulong lastIndex);
}
