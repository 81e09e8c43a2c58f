using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Linearizability;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Report;

/// <summary>
/// Writes down one run: events, messages, work of disks, and of each node's state what changed. Costs far more than
/// the run itself, so nobody but a report has one.
/// </summary>
internal sealed class RunRecorder : IRunWatch
{
    private readonly List<StoryStep> _steps = [];
    private readonly List<StoryMessage> _messages = [];
    private readonly List<StoryWork> _works = [];
    private readonly Dictionary<(ulong Identity, int To), int> _underWay = [];
    private readonly Dictionary<(ulong Identity, int Node), int> _busy = [];
    private Plan _plan = new(0, Profile.Protocol, Knobs.Plain, []);
    private int _nodes;
    private int _clients;
    private IReadOnlyList<string> _fields = [];
    private string[][] _states = [];
    private StoryHistory _history = StoryHistory.Of([], [], new RegisterObject());

    /// <summary>Runs a plan and writes it down.</summary>
    public static (Story Story, RunReport Report) Record(IWatchableWorld world, Plan plan)
    {
        var recorder = new RunRecorder();
        world.Watch = recorder;
        var report = world.Run(plan, keepsLines: true);
        world.Watch = null;
        return (recorder.StoryOf(report), report);
    }

    public void Begins(Plan plan, int nodes, int clients, IReadOnlyList<string> fields)
    {
        (_plan, _nodes, _clients, _fields) = (plan, nodes, clients, fields);
        _states = [.. Enumerable.Range(0, nodes).Select(_ => new string[fields.Count])];
        _steps.Add(new StoryStep
        {
            Number = 0,
            At = 0,
            Kind = WorldEventKind.None,
            Lane = -1,
            Label = "all nodes start",
        });
    }

    public void Takes(in WorldEvent taken)
    {
        var step = new StoryStep
        {
            Number = _steps.Count,
            At = taken.At,
            Kind = taken.Kind,
            Lane = LaneOf(in taken),
        };
        var isOfClient = taken.Kind == WorldEventKind.Answer;
        var endpoint = isOfClient ? IRunWatch.ClientEndpoint + taken.Node : taken.Node;
        if (taken.Kind is WorldEventKind.Arrival or WorldEventKind.Request or WorldEventKind.Answer
            && _underWay.Remove((taken.Identity, endpoint), out var message))
        {
            step.Message = message;
            _messages[message].ArrivedStep = step.Number;
        }
        else if (taken.Kind == WorldEventKind.DiskDone && _busy.Remove((taken.Identity, taken.Node), out var work))
        {
            step.Work = work;
            _works[work].DoneStep = step.Number;
        }

        step.Label = LabelOf(step, in taken);
        _steps.Add(step);
    }

    public void Sends(in SentMessage message)
    {
        Add(in message, message.Arrival, message.Identity, isCopy: false);
        if (message.CopyArrival >= 0)
        {
            Add(in message, message.CopyArrival, unchecked(message.Identity + 1), isCopy: true);
        }
    }

    public void Works(int node, ulong identity, string says, long doneAt)
    {
        _busy[(identity, node)] = _works.Count;
        _works.Add(new StoryWork
        {
            Node = node,
            Says = says,
            Step = _steps.Count - 1,
            From = _steps[^1].At,
            Until = doneAt,
        });
    }

    public void Stands(int node, IReadOnlyList<string> values)
    {
        var state = _states[node];
        for (var field = 0; field < values.Count; field++)
        {
            if (state[field] != values[field])
            {
                state[field] = values[field];
                _steps[^1].Changes.Add(new StoryChange(node, field, values[field]));
            }
        }
    }

    public void Ends(IReadOnlyList<HistoryOperation> history, IReadOnlyList<string> words, ISequentialObject model) =>
        _history = StoryHistory.Of(history, words, model);

    private Story StoryOf(RunReport report)
    {
        AddNotes(report.Lines);
        return new Story
        {
            Plan = _plan,
            Nodes = _nodes,
            Clients = _clients,
            Fields = _fields,
            Steps = _steps,
            Messages = _messages,
            Works = _works,
            Bands = StoryBands.Of(_plan, _nodes, _steps, _fields, report.Lines),
            History = _history,
            Failure = report.Failure,
        };
    }

    private void Add(in SentMessage message, long arrival, ulong identity, bool isCopy)
    {
        if (arrival >= 0)
        {
            _underWay[(identity, message.To)] = _messages.Count;
        }

        _messages.Add(new StoryMessage
        {
            Sent = message,
            SentStep = _steps.Count - 1,
            SentAt = _steps[^1].At,
            IsCopy = isCopy,
            ArrivesAt = arrival,
        });
    }

    // The lines of the trace, dealt out to the events they belong to.
    private void AddNotes(IReadOnlyList<TraceLine> lines)
    {
        var step = 0;
        foreach (var line in lines)
        {
            if (line.Kind == TraceKind.EventTaken)
            {
                step++;
            }
            else if (StoryWords.NoteOf(line) is { } words)
            {
                Invariant.Check(step < _steps.Count);
                _steps[step].Notes.Add(new StoryNote(
                    line.Node, words, line.Kind is TraceKind.FaultInjected or TraceKind.Triggered));
            }
        }
    }

    private int LaneOf(in WorldEvent taken) => taken.Kind switch
    {
        WorldEventKind.Arrival or WorldEventKind.DiskDone or WorldEventKind.Tick or WorldEventKind.Restart
            or WorldEventKind.Resume or WorldEventKind.Request => taken.Node,
        WorldEventKind.Operation or WorldEventKind.ClientTimeout or WorldEventKind.Answer => _nodes + taken.Node,
        WorldEventKind.FaultBegins => IsOfOneNode(in taken) ? taken.Node : -1,
        _ => -1,
    };

    private bool IsOfOneNode(in WorldEvent taken) =>
        taken.Node < _nodes && (uint)taken.Slot < (uint)_plan.Items.Count
        && _plan.Items[taken.Slot].Kind is not (PlanItemKind.CrashAll or PlanItemKind.PartitionTwoWay
            or PlanItemKind.PartitionOut or PlanItemKind.PartitionIn);

    private string LabelOf(StoryStep step, in WorldEvent taken)
    {
        if (step.Message >= 0)
        {
            var message = _messages[step.Message];
            return $"{message.Sent.Kind} from {StoryWords.EndpointOf(message.Sent.From)}"
                + (message.IsCopy ? " (copy)" : "");
        }

        return taken.Kind switch
        {
            WorldEventKind.DiskDone => step.Work >= 0 ? $"disk done: {_works[step.Work].Says}" : "disk done",
            WorldEventKind.Tick => "looks at its clock",
            WorldEventKind.Operation => "wants something",
            WorldEventKind.ClientTimeout => "has waited long enough",
            WorldEventKind.FaultBegins when (uint)taken.Slot < (uint)_plan.Items.Count =>
                "fault: " + StoryWords.WithoutTime(_plan.Items[taken.Slot]),
            WorldEventKind.FaultEnds => "a fault ends",
            WorldEventKind.Restart => "starts again",
            WorldEventKind.LivenessPhase => "faults stop: from here on all must get done",
            WorldEventKind.End => "the time is up",
            WorldEventKind.Operator => "operators look",
            _ => taken.Kind.ToString(),
        };
    }
}
