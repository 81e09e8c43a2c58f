using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>
/// A story that somebody wrote down instead of a seed: the same world, the same checkers, and what has to have happened
/// in it by the end. Chance decides only what nobody said.
/// </summary>
internal sealed class DirectedScenario
{
    private const long Milli = 1_000_000;

    private readonly List<PlanItem> _items = [];
    private readonly Knobs _knobs = Knobs.Plain.Copy();

    public DirectedScenario(string name, string what)
    {
        (Name, What) = (name, what);
        _knobs[Knob.Clients] = 2;
        _knobs[Knob.SnapshotEvery] = 1_000;
        _knobs[Knob.ClientPatience] = 80 * Milli;
    }

    public string Name { get; }

    /// <summary>What it is about, in a sentence.</summary>
    public string What { get; }

    /// <summary>What must have happened, or the story was not told.</summary>
    public IReadOnlyList<Mark> Meets { get; private set; } = [];

    public Plan Plan => new(StableHash.Of(System.Text.Encoding.UTF8.GetBytes(Name), 1), Profile.Protocol, _knobs,
        [.. _items.OrderBy(item => item.At).ThenBy(item => item.Identity)]);

    public DirectedScenario With(Knob knob, long value)
    {
        _knobs[knob] = value;
        return this;
    }

    /// <summary>A client writes and reads, one after the other.</summary>
    public DirectedScenario Operations(int fromMillis, int everyMillis, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Add(new PlanItem
            {
                Kind = i % 3 == 2 ? PlanItemKind.Read : PlanItemKind.Write,
                At = (fromMillis + ((long)i * everyMillis)) * Milli,
                Node = i % 2,
                Peers = i % 2,
                Value = i + 1,
                Identity = 0,
            });
        }

        return this;
    }

    /// <summary>Something happens at a time.</summary>
    public DirectedScenario At(int millis, PlanItemKind kind, int node, int lastsMillis = 0, int peers = 0)
    {
        Add(new PlanItem
        {
            Kind = kind,
            At = millis * Milli,
            Lasts = lastsMillis * Milli,
            Node = node,
            Peers = peers,
            Identity = 0,
        });
        return this;
    }

    /// <summary>Something goes wrong at the node where an event happens, the so-manieth time from a time on.</summary>
    public DirectedScenario When(
        TriggerEvent happens, TriggerAction then, int lastsMillis, int time = 1, int fromMillis = 0)
    {
        Add(new PlanItem
        {
            Kind = PlanItemKind.Trigger,
            At = fromMillis * Milli,
            Lasts = lastsMillis * Milli,
            Value = (long)happens,
            Second = (long)then,
            Peers = time,
            Identity = 0,
        });
        return this;
    }

    public DirectedScenario Must(params Mark[] marks)
    {
        Meets = marks;
        return this;
    }

    private void Add(PlanItem item) => _items.Add(item with
    {
        Identity = StableHash.Mix(
            StableHash.Of(System.Text.Encoding.UTF8.GetBytes(Name), 2), (ulong)_items.Count),
    });
}
