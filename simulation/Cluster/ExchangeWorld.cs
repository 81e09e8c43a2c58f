using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>
/// The world of the exchange profile: production replicas with the whole exchange, their logs and snapshots on
/// simulated disks, clients with sessions, a ledger behind a broker. Network, clocks, faults and operators are those of
/// the protocol profile.
/// </summary>
public sealed class ExchangeWorld : IWorld
{
    /// <summary>A run with more events does not end by itself.</summary>
    private const long EventsMax = 4_000_000;

    private readonly ProtocolContext _context;
    private readonly ReplicaChecks _checks;
    private readonly Calls _calls;
    private readonly Desk _desk;
    private readonly Traders _traders;
    private readonly Books _books;
    private readonly ReplicaDriver _driver;
    private readonly Triggers _triggers;
    private readonly Weather _weather;
    private readonly Operators _operators;
    private readonly Liveness _liveness;
    private readonly Customers _customers;
    private readonly Verdict _verdict;

    /// <summary>Makes a world.</summary>
    public ExchangeWorld()
    {
        ReplicaDriver? driver = null;
        var nodes = new ProtocolNode[ProtocolContext.NodesMax];
        _context = new ProtocolContext { AllNodes = nodes, MakeOptions = ReplicaTuning.RaftOf };
        _triggers = new Triggers(_context);
        _checks = new ReplicaChecks(_context, _triggers);
        _calls = new Calls(_context) { Driver = () => driver! };
        _driver = new ReplicaDriver { Context = _context, Checks = _checks, Triggers = _triggers, Calls = _calls };
        driver = _driver;
        for (var number = 0; number < nodes.Length; number++)
        {
            nodes[number] = new ReplicaNode(number) { Driver = _driver };
        }

        _desk = new Desk(_context, _calls, _checks.Canon);
        _traders = new Traders(_context, _calls);
        _books = new Books(_context, _checks.Canon);
        _customers = new Customers(_context, _calls, _desk, _traders);
        _weather = new Weather(_context, _driver, _checks);
        _operators = new Operators(_context, _driver, _checks);
        _liveness = new Liveness(_context, _driver, _weather, _operators, _customers, _checks);
        _verdict = new Verdict(_context, _checks.Canon, _books);
        _desk.Opened = _traders.OnOpened;
    }

    /// <inheritdoc/>
    public RunReport Run(Plan plan, bool keepsLines)
    {
        var report = _context.Report;
        try
        {
            Begin(plan, keepsLines);
            Loop();
            if (report.Failure is null)
            {
                _verdict.Judge();
            }
        }
        catch (InvariantViolationException exception)
        {
            // The product stops itself: that is a finding like any other.
            Stop(exception.Message, exception.StackTrace);
        }
        catch (Exception exception) when (exception is IndexOutOfRangeException or ArgumentException
            or InvalidOperationException or NullReferenceException or OverflowException or KeyNotFoundException)
        {
            Stop("not an invariant, but " + exception.Message, exception.StackTrace);
        }

        _driver.End();
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
        foreach (var node in _context.Nodes)
        {
            node.Clear();
        }

        _triggers.Begin();
        _checks.Begin();
        _checks.Extended = OnCommitted;
        _calls.Begin();
        _driver.Begin();
        _weather.Begin();
        _desk.Begin();
        _traders.Begin();
        _customers.Begin();
        _books.Begin();
        _operators.Begin();
        _liveness.Begin();
        foreach (var node in _context.Nodes)
        {
            _driver.Boot(node);
        }

        _desk.Start();
    }

    private void OnCommitted(ulong index)
    {
        var deadline = long.MaxValue;
        foreach (var node in _context.Nodes)
        {
            if (node is ReplicaNode { Exchange: { } machine } && machine.AppliedIndex == index)
            {
                deadline = machine.NextDeadline;
            }
        }

        _desk.OnCommitted(index, deadline);
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
                _context.MeetIf(due.Kind == WorldEventKind.Arrival, Mark.MessageToPausedNode);
                var later = due;
                later.At = node.PausedUntil;
                _context.Queue.Schedule(in later);
                return;
            }
        }

        _context.Note(TraceKind.EventTaken, (byte)due.Kind, due.Node, due.Peer, due.Identity, (ulong)due.Incarnation);
        if (isOfNode)
        {
            TakeOfNode(in due, (ReplicaNode)_context.AllNodes[due.Node]);
        }
        else
        {
            TakeOther(in due);
        }
    }

    private void TakeOfNode(in WorldEvent due, ReplicaNode node)
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
                _calls.OnRequest(node, due.Slot);
                break;
            case WorldEventKind.Tick when node.IsUp && node.Boot == due.Incarnation:
                _driver.OnTick(node);
                _liveness.OnTick();
                break;
            case WorldEventKind.DiskDone when node.IsUp && node.Boot == due.Incarnation:
                _driver.OnDisk(node, due.Slot);
                break;
            default:
                break;
        }
    }

    private void TakeOther(in WorldEvent due)
    {
        switch (due.Kind)
        {
            case WorldEventKind.Operation:
                _customers.OnDue(due.Slot);
                break;
            case WorldEventKind.ClientTimeout:
                _calls.OnTimeout(due.Slot, due.Incarnation);
                break;
            case WorldEventKind.Answer:
                _calls.OnAnswer(due.Slot);
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
            case WorldEventKind.Broker:
                _books.OnDue();
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
