using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Linearizability;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>What travels between a client and a node.</summary>
internal sealed class ClientMessage
{
    public int Client;
    public uint Sequence;
    public int Operation;
    public long Value;
    public ulong Index;
    public Refusal Refusal;
    public int Hint;
}

/// <summary>One client: does its operations one after the other and asks again until it knows or gives up.</summary>
internal sealed class ClientState
{
    public Queue<int> Due { get; } = [];

    /// <summary>The operation under way; −1 where none is.</summary>
    public int Operation { get; set; }

    public uint Sequence { get; set; }

    public int Attempt { get; set; }

    /// <summary>Hints followed since the last attempt.</summary>
    public int Hints { get; set; }

    public int Target { get; set; }

    /// <summary>Place of the operation in the history.</summary>
    public int Place { get; set; }

    /// <summary>What an answer must have seen at the least: others were told of it before this one asked.</summary>
    public ulong Floor { get; set; }
}

/// <summary>
/// The clients of a protocol world, and what holds of what they are told: nothing older than what anybody was told
/// before, each command once, and a history that one register could have given.
/// </summary>
internal sealed class Clients : IWorldClients
{
    /// <summary>Most operations of one client.</summary>
    public const int SequencesMax = 256;

    /// <summary>Most attempts before a client gives up; in the liveness phase it does not.</summary>
    private const int AttemptsMax = 6;

    private const int HintsMax = 3;

    private const long CalmPatience = 250_000_000;

    private readonly ProtocolContext _context;
    private readonly ClientState[] _clients =
        [.. Enumerable.Range(0, TinyMachine.ClientsMax).Select(_ => new ClientState())];
    private readonly SlotPool<ClientMessage> _messages = new();
    private readonly List<HistoryOperation> _history = [];
    private readonly List<PlanItem> _operations = [];
    private readonly ulong[] _told = new ulong[TinyMachine.KeysMax];
    private readonly LinearizabilityChecker _checker = new(new RegisterObject(), stepsMax: 2_000_000);
    private int _count;
    private int _busy;

    public Clients(ProtocolContext context) => _context = context;

    /// <summary>Set once: the driver needs the clients and they need it.</summary>
    public NodeDriver? Driver { get; set; }

    /// <summary>What was asked and answered so far.</summary>
    public IReadOnlyList<HistoryOperation> History => _history;

    public string WhyBusy => "operations wait";

    /// <summary>Whether nothing is under way or waiting.</summary>
    public bool IsIdle
    {
        get
        {
            for (var client = 0; client < _count; client++)
            {
                if (_clients[client].Operation >= 0 || _clients[client].Due.Count > 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    public void Begin()
    {
        _count = _context.Knobs.AsInt(Knob.Clients);
        _messages.Clear();
        _history.Clear();
        _operations.Clear();
        Array.Clear(_told);
        _busy = 0;
        for (var client = 0; client < TinyMachine.ClientsMax; client++)
        {
            _clients[client].Due.Clear();
            _clients[client].Operation = -1;
            _clients[client].Sequence = 0;
            _clients[client].Target = client % _context.NodeCount;
        }

        foreach (var item in _context.Plan.Items)
        {
            if (item.IsOperation && item.Node < _count)
            {
                _context.Schedule(WorldEventKind.Operation, item.At, item.Node, Add(item), item.Identity);
            }
        }
    }

    /// <summary>After faults have stopped: each key is written and read once more.</summary>
    public void AddLastOperations()
    {
        for (var key = 0; key < _context.Knobs.AsInt(Knob.Keys); key++)
        {
            for (var kind = PlanItemKind.Write; kind <= PlanItemKind.Read; kind++)
            {
                var item = new PlanItem
                {
                    Kind = kind,
                    At = _context.Now,
                    Node = key % _count,
                    Peers = key,
                    Value = 1_000_000 + key,
                    Second = 1,
                    Identity = StableHash.Mix(_context.Plan.Seed ^ (ulong)kind, (ulong)key),
                };
                _context.Schedule(WorldEventKind.Operation, _context.Now, item.Node, Add(item), item.Identity);
            }
        }
    }

    /// <summary>An operation of the plan is due.</summary>
    public void OnDue(int client, int operation)
    {
        _clients[client].Due.Enqueue(operation);
        BeginNext(client);
    }

    /// <summary>The client has waited long enough for an answer.</summary>
    public void OnTimeout(int client, uint sequence, int attempt)
    {
        var state = _clients[client];
        if (state.Operation < 0 || state.Sequence != sequence || state.Attempt != attempt)
        {
            return;
        }

        if (state.Attempt >= AttemptsMax && !_context.IsCalm)
        {
            _context.Count(FaultKind.ClientGivesUp, client, sequence);
            _context.Report.OperationsUnknown++;
            End(client);
            return;
        }

        _context.Count(FaultKind.ClientRetry, client, sequence);
        state.Attempt++;
        state.Hints = 0;

        // Once faults have stopped somebody answers, but not everybody: chance could ask a broken node again and again,
        // and so could the node behind the last hint, where two broken ones point at each other.
        state.Target = _context.IsCalm
            ? (client + state.Attempt) % _context.NodeCount
            : _context.Fate.Below(
                _context.NodeCount, FateDomain.ClientTarget, StableHash.Mix(IdentityOf(client), (ulong)state.Attempt));
        Ask(client);
    }

    /// <summary>A request reaches a node.</summary>
    public void OnRequest(ProtocolNode node, int slot)
    {
        var message = _messages[slot];
        var item = _operations[message.Operation];
        var (client, sequence) = (message.Client, message.Sequence);
        _messages.Return(slot);
        if (!node.IsUp)
        {
            return;
        }

        var command = new TinyCommand
        {
            Client = (uint)client,
            Sequence = sequence,
            Key = item.Peers,
            Kind = KindOf(item),
            First = item.Kind == PlanItemKind.CompareAndSet ? item.Second : item.Value,
            Second = item.Value,
        };
        var refusal = Driver!.OnRequest(
            node, in command, _context.Knobs.AsInt(Knob.PayloadBytes), item.Kind == PlanItemKind.Read);
        if (refusal != Refusal.None)
        {
            Refuse(node, client, sequence, refusal);
        }
    }

    /// <summary>A node says no to a client.</summary>
    public void Refuse(ProtocolNode node, int client, uint sequence, Refusal refusal) =>
        Tell(node, client, sequence, 0, 0, refusal);

    /// <summary>A node answers a client.</summary>
    public void Answer(ProtocolNode node, int client, uint sequence, long value, ulong index) =>
        Tell(node, client, sequence, value, index, Refusal.None);

    /// <summary>An answer reaches its client.</summary>
    public void OnAnswer(int slot)
    {
        var message = _messages[slot];
        _messages.Return(slot);
        var state = _clients[message.Client];
        if (state.Operation < 0 || state.Sequence != message.Sequence)
        {
            _context.Meet(Mark.AnswerTooLate);
            return;
        }

        if (message.Refusal != Refusal.None)
        {
            OnRefused(message);
            return;
        }

        var item = _operations[state.Operation];
        if (message.Value == TinyMachine.Refused && item.Kind != PlanItemKind.Read)
        {
            _context.Fail(
                "a command takes effect once", -1, message.Index,
                $"client {message.Client}: command {message.Sequence} was refused as older than the last");
            return;
        }

        CheckFreshness(message, state, in item);
        _context.Note(
            TraceKind.Answered, (byte)item.Kind, message.Client, 0, message.Sequence, unchecked((ulong)message.Value));
        _history[state.Place] = _history[state.Place] with { Returned = _context.Now, Answer = message.Value };
        _context.Report.OperationsDone++;
        _context.MeetIf(state.Attempt > 0, Mark.AnsweredAfterRetry);
        _context.MeetIf(item.Kind == PlanItemKind.CompareAndSet && message.Value == 0, Mark.CompareAndSetFailed);
        _context.MeetIf(item.Kind == PlanItemKind.CompareAndSet && message.Value == 1, Mark.CompareAndSetDone);
        End(message.Client);
    }

    /// <summary>At the end: could one register have answered so?</summary>
    public void CheckHistory()
    {
        // What never took effect need not be fitted in: this keeps the search small, and a client that saw it
        // nevertheless is found all the more surely.
        _history.RemoveAll(one => one.IsPending && (one.Kind == RegisterObject.Read
            || Driver!.ExecutedAt(one.Client, one.Sequence) == 0));
        var verdict = _checker.Check(_history);
        if (verdict.Judgement == HistoryJudgement.Linearizable)
        {
            return;
        }

        var stuck = "nothing";
        if (verdict.Stuck >= 0)
        {
            var operation = _history[verdict.Stuck];
            stuck = $"'{ProtocolWatch.WordsOf(in operation)}' of client {operation.Client}";
        }

        _context.Fail(
            "linearizable", -1, 0,
            verdict.Judgement == HistoryJudgement.TooHard ? "too hard to judge"
                : $"key {verdict.Object}: {verdict.Explained} operations fit, then {stuck} does not");
    }

    private static int KindOf(PlanItem item) => item.Kind switch
    {
        PlanItemKind.Read => RegisterObject.Read,
        PlanItemKind.CompareAndSet => RegisterObject.CompareAndSet,
        _ => RegisterObject.Write,
    };

    private int Add(PlanItem item)
    {
        _operations.Add(item);
        return _operations.Count - 1;
    }

    private ulong IdentityOf(int client) => _operations[_clients[client].Operation].Identity;

    private void BeginNext(int client)
    {
        var state = _clients[client];
        if (state.Operation >= 0 || state.Sequence >= SequencesMax - 1 || !state.Due.TryDequeue(out var operation))
        {
            return;
        }

        var item = _operations[operation];
        state.Operation = operation;
        state.Sequence++;
        state.Attempt = 0;
        state.Hints = 0;
        state.Place = _history.Count;
        state.Floor = _told[item.Peers];
        _busy++;
        _context.MeetIf(_busy > 1, Mark.ClientsAtOnce);
        _history.Add(new HistoryOperation
        {
            Client = client,
            Sequence = state.Sequence,
            Object = (ulong)item.Peers,
            Called = _context.Now,
            Returned = HistoryOperation.Never,
            Kind = KindOf(item),
            First = item.Kind == PlanItemKind.CompareAndSet ? item.Second : item.Value,
            Second = item.Value,
        });
        Ask(client);
    }

    private void End(int client)
    {
        _clients[client].Operation = -1;
        _busy--;
        BeginNext(client);
    }

    private void Ask(int client)
    {
        var state = _clients[client];
        var identity = StableHash.Mix(IdentityOf(client), (ulong)((state.Attempt * 8) + state.Hints));
        var fate = _context.Network.Send(
            ProtocolContext.ClientEndpoint + client, state.Target, identity, _context.Now, bits: 0);
        _context.Watch?.Sends(
            ProtocolContext.ClientEndpoint + client, state.Target, identity, "Request",
            ProtocolWatch.WordsOf(_operations[state.Operation])
                + (state.Attempt > 0 ? $", try {state.Attempt + 1}" : ""),
            in fate);
        Travel(WorldEventKind.Request, fate.Arrival, client, state, identity);
        if (fate.CopyArrival >= 0)
        {
            _context.Count(FaultKind.ClientDuplicate, client, identity);
            Travel(WorldEventKind.Request, fate.CopyArrival, client, state, identity + 1);
        }

        if (state.Hints == 0)
        {
            // Impatient clients fill the log with repeats; when everything is to be done in time they do not.
            var least = _context.IsCalm ? CalmPatience : 0;
            var patience = Math.Max(_context.Knobs[Knob.ClientPatience] * Math.Min(1 + state.Attempt, 3), least);
            _context.Schedule(
                WorldEventKind.ClientTimeout, _context.Now + patience, client, (int)state.Sequence, identity,
                state.Attempt);
        }
    }

    private void Travel(WorldEventKind kind, long at, int client, ClientState state, ulong identity)
    {
        if (at < 0)
        {
            return;
        }

        var slot = _messages.Rent();
        var message = _messages[slot];
        message.Client = client;
        message.Sequence = state.Sequence;
        message.Operation = state.Operation;
        _context.Schedule(kind, at, state.Target, slot, identity);
    }

    private void Tell(ProtocolNode node, int client, uint sequence, long value, ulong index, Refusal refusal)
    {
        var identity = StableHash.Mix(
            ((ulong)client << 32) | sequence, StableHash.Mix((ulong)refusal, (ulong)node.Number));
        identity = StableHash.Mix(identity, _context.Occurrences.Next(identity));
        var fate = _context.Network.Send(
            node.Number, ProtocolContext.ClientEndpoint + client, identity, _context.Now, bits: 0);
        var only = fate with { CopyArrival = -1 };
        _context.Watch?.Sends(
            node.Number, ProtocolContext.ClientEndpoint + client, identity, "Answer",
            refusal != Refusal.None ? refusal.ToString() : $"{ProtocolWatch.ValueOf(value)} at {index}", in only);
        if (fate.Arrival < 0)
        {
            return;
        }

        var slot = _messages.Rent();
        var message = _messages[slot];
        message.Client = client;
        message.Sequence = sequence;
        message.Value = value;
        message.Index = index;
        message.Refusal = refusal;
        message.Hint = (int)node.Raft!.Status.Leader.Number - 1;
        _context.Schedule(WorldEventKind.Answer, fate.Arrival, client, slot, identity);
    }

    // A hint is followed at once, but only now and then: two nodes that take each other for the leader must not make
    // a storm of it.
    private void OnRefused(ClientMessage message)
    {
        var state = _clients[message.Client];
        if (message.Hint < 0 || message.Hint >= _context.NodeCount || message.Hint == state.Target
            || state.Hints >= HintsMax)
        {
            return;
        }

        _context.Meet(Mark.HintFollowed);
        state.Target = message.Hint;
        state.Hints++;
        Ask(message.Client);
    }

    private void CheckFreshness(ClientMessage message, ClientState state, in PlanItem item)
    {
        if (item.Kind == PlanItemKind.Read && message.Index < state.Floor)
        {
            _context.Fail(
                "a read sees what was told before", -1, message.Index,
                $"client {message.Client} reads key {item.Peers} at {message.Index}, {state.Floor} was told before");
        }

        // A write's answer may be a repeat of an old one: only its own index was told, and that is not known here.
        var told = item.Kind == PlanItemKind.Read
            ? message.Index
            : Driver!.ExecutedAt(message.Client, message.Sequence);
        _told[item.Peers] = Math.Max(_told[item.Peers], told);
    }
}
