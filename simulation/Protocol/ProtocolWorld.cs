using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// The world of the protocol profile: production consensus on one to seven nodes over a modelled log and a modelled
/// network, with a tiny machine and clients that want exact answers. One thread, virtual time.
/// </summary>
public sealed class ProtocolWorld : IWatchableWorld
{
    /// <summary>A run with more events does not end by itself.</summary>
    private const long EventsMax = 400_000;

    private readonly ProtocolContext _context;
    private readonly ProtocolChecks _checks;
    private readonly Triggers _triggers;
    private readonly Clients _clients;
    private readonly NodeDriver _driver;
    private readonly Weather _weather;
    private readonly Operators _operators;
    private readonly Liveness _liveness;

    /// <summary>An honest world.</summary>
    public ProtocolWorld()
        : this(PlantedBug.None)
    {
    }

    /// <summary>A world with something wrong in it, to see who notices.</summary>
    public ProtocolWorld(PlantedBug bug)
        : this(bug, Perturbation.None)
    {
    }

    /// <summary>The same behind a change that has nothing to do with it.</summary>
    public ProtocolWorld(PlantedBug bug, Perturbation perturbation)
    {
        _context = new ProtocolContext { Bug = bug, Perturbation = perturbation };
        _triggers = new Triggers(_context);
        _checks = new ProtocolChecks(_context, _triggers);
        _clients = new Clients(_context);
        _driver = new NodeDriver(_context, _checks, _triggers, _clients);
        _clients.Driver = _driver;
        _weather = new Weather(_context, _driver, _checks);
        _operators = new Operators(_context, _driver, _checks);
        _liveness = new Liveness(_context, _driver, _weather, _operators, _clients, _checks);
    }

    /// <summary>How often what is planted made a difference.</summary>
    public long BugReached => _context.BugReached;

    /// <inheritdoc/>
    public IRunWatch? Watch { get; set; }

    /// <inheritdoc/>
    public RunReport Run(Plan plan, bool keepsLines)
    {
        Begin(plan, keepsLines);
        try
        {
            Loop();
        }
        catch (InvariantViolationException exception)
        {
            // The product stops itself: that is a finding like any other.
            Stop(exception.Message, exception.StackTrace);
        }
        catch (Exception exception) when (exception is IndexOutOfRangeException or ArgumentException
            or InvalidOperationException or NullReferenceException or OverflowException)
        {
            Stop("not an invariant, but " + exception.Message, exception.StackTrace);
        }

        _context.Watch?.Looks();
        _context.Watch?.Ends(_clients.History);
        if (_context.Report.Failure is null)
        {
            _clients.CheckHistory();
        }

        var report = _context.Report;
        _context.Note(TraceKind.Verdict, 0, 0, 0, report.Failure is null ? 0UL : 1UL, (ulong)report.OperationsDone);
        report.Nanos = _context.Now;
        report.TraceHash = _context.Trace.Hash;
        report.Lines = _context.Trace.Lines;
        return report;
    }

    private void Stop(string message, string? stack)
    {
        _context.Fail("invariant", -1, 0, message);
        _context.Report.Failure = _context.Report.Failure! with { Stack = stack ?? "" };
    }

    private void Begin(Plan plan, bool keepsLines)
    {
        _context.Begin(plan, keepsLines);
        _context.Watch = Watch is null ? null : new ProtocolWatch(_context, Watch);
        foreach (var node in _context.Nodes)
        {
            node.Clear();
        }

        _triggers.Begin();
        _checks.Begin();
        _driver.Begin();
        _weather.Begin();
        _clients.Begin();
        _operators.Begin();
        _liveness.Begin();
        _context.Watch?.Begins();
        foreach (var node in _context.Nodes)
        {
            _driver.Boot(node);
        }

        _context.Watch?.Looks();
    }

    private void Loop()
    {
        var report = _context.Report;
        while (report.Failure is null && !_liveness.IsOver && _context.Queue.TryTake(out var due))
        {
            report.Events++;
            if (report.Events > EventsMax)
            {
                _context.Fail("message storm", -1, 0, $"more than {EventsMax} events");
                return;
            }

            Take(in due);
        }
    }

    private void Take(in WorldEvent due)
    {
        var isOfNode = due.Kind is WorldEventKind.Arrival or WorldEventKind.DiskDone or WorldEventKind.Tick
            or WorldEventKind.Request;
        if (isOfNode)
        {
            var node = _context.AllNodes[due.Node];
            if (node.PausedUntil > _context.Now && node.IsUp)
            {
                // It comes to it when the node goes on, in the order in which it came.
                _context.MeetIf(due.Kind == WorldEventKind.Arrival, Mark.MessageToPausedNode);
                var later = due;
                later.At = node.PausedUntil;
                _context.Queue.Schedule(in later);
                return;
            }
        }

        _context.Note(TraceKind.EventTaken, (byte)due.Kind, due.Node, due.Peer, due.Identity, (ulong)due.Incarnation);
        _context.Watch?.Takes(in due);
        if (isOfNode)
        {
            TakeOfNode(in due, _context.AllNodes[due.Node]);
        }
        else
        {
            TakeOther(in due);
        }

        _context.Watch?.Looks();
    }

    private void TakeOfNode(in WorldEvent due, ProtocolNode node)
    {
        switch (due.Kind)
        {
            case WorldEventKind.Arrival:
                if (node.IsUp)
                {
                    _driver.OnMessage(node, due.Slot);
                }

                _context.MeetIf(!node.IsUp, Mark.MessageToNodeThatIsDown);
                _context.Arrived(due.Peer, due.Node, due.Slot);
                break;
            case WorldEventKind.Request:
                _clients.OnRequest(node, due.Slot);
                break;
            case WorldEventKind.Tick when node.IsUp && node.Boot == due.Incarnation:
                _driver.OnTick(node);
                _liveness.OnTick();
                break;
            case WorldEventKind.DiskDone:
                TakeDisk(in due, node);
                break;
            default:
                break;
        }
    }

    private void TakeDisk(in WorldEvent due, ProtocolNode node)
    {
        var isCurrent = node.IsUp && node.Boot == due.Incarnation;
        if (due.Peer == 0)
        {
            if (isCurrent)
            {
                _driver.OnGroupDone(node);
                if (node.HasDiskFailed)
                {
                    _weather.EndFailed(node);
                }
            }

            return;
        }

        if (isCurrent)
        {
            _driver.OnJob(node, due.Slot);
        }

        _context.Jobs.Return(due.Slot);
    }

    private void TakeOther(in WorldEvent due)
    {
        switch (due.Kind)
        {
            case WorldEventKind.Operation:
                _clients.OnDue(due.Node, due.Slot);
                break;
            case WorldEventKind.ClientTimeout:
                _clients.OnTimeout(due.Node, (uint)due.Slot, due.Incarnation);
                break;
            case WorldEventKind.Answer:
                _clients.OnAnswer(due.Slot);
                break;
            case WorldEventKind.FaultBegins:
                _weather.OnBegins(in due);
                break;
            case WorldEventKind.FaultEnds:
                _weather.OnEnds(due.Slot);
                break;
            case WorldEventKind.Restart:
                var node = _context.AllNodes[due.Node];
                if (!node.IsUp && node.Boot == due.Incarnation && !_liveness.IsBroken(node))
                {
                    _driver.Boot(node);
                }

                break;
            case WorldEventKind.Operator:
                _operators.OnDue(in due);
                break;
            case WorldEventKind.LivenessPhase:
                _liveness.OnBegins();
                break;
            case WorldEventKind.End:
                _liveness.OnDeadline();
                break;
            default:
                throw new InvariantViolationException("an event has a kind");
        }
    }
}
