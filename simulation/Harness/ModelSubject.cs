using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Model;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Harness;

/// <summary>The naive model as a subject.</summary>
public sealed class ModelSubject : ISubject
{
    private readonly ModelExchange _model = new();

    public long NextDeadline => _model.NextDeadline;

    public void Apply(Entry entry, OutputBuffer events, OutputBuffer results) =>
        _model.Apply(entry.Header, entry.Payload, events, results);

    public StateView View() => _model.View();
}
