using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>The ledger's answer. With an error nothing has changed.</summary>
public readonly record struct LedgerResult
{
    /// <summary>None, or why not.</summary>
    public LedgerError Error { get; init; }

    /// <summary>
    /// The event (or the event of the journal entry) that was refused; zero where the bytes do not tell.
    /// </summary>
    public EventId Reference { get; init; }

    /// <summary>Its log index.</summary>
    public ulong LogIndex { get; init; }

    /// <summary>Where in the bytes the refused event starts; of a rebuild, entries before the refused one.</summary>
    public int Offset { get; init; }

    /// <summary>The value found, where the error compares two; see the error.</summary>
    public Int128 Actual { get; init; }

    /// <summary>The value it was held against.</summary>
    public Int128 Expected { get; init; }

    /// <summary>Events (or journal entries) that were new and are now applied.</summary>
    public int Applied { get; init; }

    /// <summary>Events that had been applied before and were passed over.</summary>
    public int Duplicates { get; init; }

    /// <summary>True where everything had been applied before.</summary>
    public bool IsDuplicate => Error == LedgerError.None && Applied == 0 && Duplicates > 0;
}
