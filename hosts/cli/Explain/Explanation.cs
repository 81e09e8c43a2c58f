using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Cli.Explain;

/// <summary>One command of a log: what stood there, what it met, and what became of it, byte for byte.</summary>
internal sealed record Explanation
{
    /// <summary>The entry.</summary>
    public required EntryHeader Entry { get; init; }

    /// <summary>The command's place in it, from 0.</summary>
    public required uint Offset { get; init; }

    /// <summary>The order it made; zero for none.</summary>
    public required ulong Order { get; init; }

    /// <summary>The command's bytes; empty where the payload does not hold it.</summary>
    public required byte[] Command { get; init; }

    /// <summary>Where it starts in the payload.</summary>
    public required int Start { get; init; }

    /// <summary>Its result.</summary>
    public required byte[] Result { get; init; }

    /// <summary>Its events with their cause frame, as they stand in the journal; none where it made none.</summary>
    public required byte[] Events { get; init; }

    /// <summary>The whole entry's results and events, of which the command's are a part.</summary>
    public required (byte[] Results, byte[] Events) Whole { get; init; }

    /// <summary>The state right before the command; null until it was looked at.</summary>
    public Before? Before { get; init; }
}

/// <summary>
/// The state right before a command: timers of the entry and the commands before it have done their part.
/// </summary>
internal sealed record Before
{
    /// <summary>Hash of the state after the entry before: what all members agreed on.</summary>
    public required StateAnswer Agreed { get; init; }

    /// <summary>What the decision looks at.</summary>
    public required DecisionInputs Inputs { get; init; }

    /// <summary>The instrument; null without one.</summary>
    public required InstrumentAnswer? Instrument { get; init; }

    /// <summary>The account's balances of the instrument's assets; all where there is none.</summary>
    public required BalanceAnswer[] Balances { get; init; }

    /// <summary>The book, bids from the best, then asks.</summary>
    public required LevelAnswer[] Book { get; init; }

    /// <summary>The order that the command names; null where it names none that is open.</summary>
    public required OrderAnswer? Order { get; init; }
}
