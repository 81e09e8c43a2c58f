using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.StateMachine.Tests.Driving;

/// <summary>A machine, and what it said about the last entry.</summary>
internal sealed class Replica
{
    private readonly OutputBuffer _events = new();
    private readonly OutputBuffer _results = new();

    public ExchangeMachine Machine { get; } = new();

    public ReadOnlySpan<byte> Events => _events.Written;

    public ReadOnlySpan<CommandResult> Results => MemoryMarshal.Cast<byte, CommandResult>(_results.Written);

    public ReadOnlySpan<byte> ResultBytes => _results.Written;

    public void Apply(Entry entry) => Apply(in entry.Header, entry.Payload);

    public void Apply(in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        _events.Clear();
        _results.Clear();
        Machine.Apply(in header, payload, _events, _results);
    }

    /// <summary>Everything that two replicas of one log must agree on.</summary>
    public static void AssertSame(Replica expected, Replica actual)
    {
        Require(expected.ResultBytes.SequenceEqual(actual.ResultBytes), "results", expected);
        Require(expected.Events.SequenceEqual(actual.Events), "events", expected);
        AssertSameState(expected, actual);
    }

    public static void AssertSameState(Replica expected, Replica actual)
    {
        Require(expected.Machine.AppliedIndex == actual.Machine.AppliedIndex, "index", expected);
        Require(expected.Machine.StateHash == actual.Machine.StateHash, "state hash", expected);
        Require(expected.Machine.EventChainHash == actual.Machine.EventChainHash, "event chain", expected);
        Require(expected.Machine.NextDeadline == actual.Machine.NextDeadline, "next deadline", expected);
    }

    // No text is made while all is well: this runs after every entry of long runs.
    private static void Require(bool isSame, string what, Replica replica)
    {
        if (!isSame)
        {
            Assert.Fail($"{what} at index {replica.Machine.AppliedIndex}");
        }
    }
}
