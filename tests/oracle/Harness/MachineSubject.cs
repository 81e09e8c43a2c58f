using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Harness;
using Exchange.Rsm.Simulation.Model;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Oracle.Tests.Harness;

/// <summary>
/// The fast machine as a subject. It also holds what needs no oracle: the event chain is the hash of the bytes that
/// came out, and the incremental state hash equals the one computed anew.
/// </summary>
internal sealed class MachineSubject : ISubject
{
    private readonly ExchangeMachine _machine = new();
    private ulong _chain;

    public long NextDeadline => _machine.NextDeadline;

    public ExchangeMachine Machine => _machine;

    public void Apply(Entry entry, OutputBuffer events, OutputBuffer results)
    {
        Invariant.Check(events.Length == 0);
        _machine.Apply(entry.Header, entry.Payload, events, results);
        _chain = events.Length == 0 ? _chain : StableHash.OfMany(events.Written, _chain);
        Invariant.Check(_machine.EventChainHash == _chain);
        Invariant.Check(_machine.AppliedIndex == entry.Header.Index);
    }

    public StateView View()
    {
        Invariant.Check(_machine.StateHash == _machine.RecomputeStateHash());
        return MachineView.Of(_machine.State);
    }
}

/// <summary>The model, with what the machine does not keep left out of its view.</summary>
internal sealed class ComparableModel : ISubject
{
    private readonly ModelSubject _model = new();

    public long NextDeadline => _model.NextDeadline;

    public void Apply(Entry entry, OutputBuffer events, OutputBuffer results) => _model.Apply(entry, events, results);

    public StateView View() => MachineView.Comparable(_model.View());
}
