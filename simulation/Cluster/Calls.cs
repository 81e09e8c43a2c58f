using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>One request of a client, under the same identity until it is answered.</summary>
internal sealed class Call
{
    public int Number;
    public int Client;
    public byte[] Payload = [];
    public uint Count;
    public bool IsRead;
    public bool IsOver;
    public int Attempt;
    public int Hints;
    public int Target;
    public ulong Identity;

    /// <summary>What was told to anybody before it was made: its own effect comes behind that.</summary>
    public ulong Floor;

    /// <summary>Who hears the answer: the results, and the index of the entry or state that it comes from.</summary>
    public required Action<Call, CommandResult[], ulong> Answered;

    /// <summary>Who hears that it was given up; null where it never is.</summary>
    public Action<Call>? GivenUp;
}

/// <summary>What travels between a client and a node.</summary>
internal sealed class CallMessage
{
    public int Call;
    public CommandResult[] Results = [];
    public ulong Index;
    public Refusal Refusal;
    public int Hint;
}

/// <summary>
/// Carries calls to nodes and answers back, asks again, follows hints. It holds what is true of any exactly ordered
/// log: what was told before a call was made lies before its effect.
/// </summary>
internal sealed class Calls(ProtocolContext context)
{
    private const int HintsMax = 3;
    private const int AttemptsMax = 6;
    private const int CallsMax = 1 << 20;
    private const int ClientsMax = 8;
    private const long CalmPatience = 250_000_000;

    private readonly List<Call> _calls = [];
    private readonly SlotPool<CallMessage> _messages = new();
    private readonly int[] _answeredBy = new int[ClientsMax];
    private ulong _told;

    public required Func<ReplicaDriver> Driver { get; init; }

    /// <summary>Calls that are not answered.</summary>
    public int Open { get; private set; }

    public void Begin()
    {
        _calls.Clear();
        _messages.Clear();
        _told = 0;
        Array.Fill(_answeredBy, -1);
        Open = 0;
    }

    public void Make(
        int client,
        byte[] payload,
        uint count,
        bool isRead,
        ulong identity,
        Action<Call, CommandResult[], ulong> answered,
        Action<Call>? givenUp)
    {
        if (_calls.Count >= CallsMax)
        {
            context.Fail("message storm", -1, 0, "more calls than a run may have");
            return;
        }

        var call = new Call
        {
            Number = _calls.Count,
            Client = client,
            Payload = payload,
            Count = count,
            IsRead = isRead,
            Identity = identity,
            Target = TargetOf(client, identity),
            Floor = _told,
            Answered = answered,
            GivenUp = givenUp,
        };
        _calls.Add(call);
        Open++;
        context.MeetIf(Open > 1, Mark.ClientsAtOnce);
        Ask(call);
    }

    /// <summary>A call reaches a node.</summary>
    public void OnRequest(ReplicaNode node, int slot)
    {
        var call = _calls[_messages[slot].Call];
        _messages.Return(slot);
        if (!node.IsUp || call.IsOver)
        {
            // One that is answered may still come, but what it was is known: it would only cost time.
            if (!node.IsUp || call.IsRead)
            {
                return;
            }
        }

        var refusal = Driver().OnCall(node, call);
        if (refusal != Refusal.None)
        {
            Refuse(node, call.Number, refusal);
        }
    }

    public void Refuse(ReplicaNode node, int call, Refusal refusal) => Tell(node, call, [], 0, refusal);

    public void Answer(ReplicaNode node, int call, ulong index, ReadOnlySpan<byte> results) =>
        Tell(node, call, MemoryMarshal.Cast<byte, CommandResult>(results).ToArray(), index, Refusal.None);

    public void OnTimeout(int number, int attempt)
    {
        var call = _calls[number];
        if (call.IsOver || call.Attempt != attempt)
        {
            return;
        }

        if (call.Attempt >= AttemptsMax && !context.IsCalm && call.GivenUp is not null)
        {
            context.Count(FaultKind.ClientGivesUp, call.Client, call.Identity);
            context.Report.OperationsUnknown++;
            End(call);
            call.GivenUp(call);
            return;
        }

        context.Count(FaultKind.ClientRetry, call.Client, call.Identity);
        call.Attempt++;
        call.Hints = 0;
        call.Target = context.IsCalm
            ? (call.Client + call.Attempt) % context.NodeCount
            : context.Fate.Below(
                context.NodeCount, FateDomain.ClientTarget, StableHash.Mix(call.Identity, (ulong)call.Attempt));
        Ask(call);
    }

    public void OnAnswer(int slot)
    {
        var message = _messages[slot];
        var (call, results, index) = (_calls[message.Call], message.Results, message.Index);
        var (refusal, hint) = (message.Refusal, message.Hint);
        message.Results = [];
        _messages.Return(slot);
        if (call.IsOver)
        {
            context.Meet(Mark.AnswerTooLate);
            return;
        }

        if (refusal != Refusal.None)
        {
            OnRefused(call, hint);
            return;
        }

        CheckOrder(call, index);
        _told = Math.Max(_told, index);
        _answeredBy[call.Client] = call.Target;
        context.Note(TraceKind.Answered, call.IsRead ? (byte)1 : (byte)0, call.Client, 0, call.Identity, index);
        context.MeetIf(call.Attempt > 0, Mark.AnsweredAfterRetry);
        End(call);
        call.Answered(call, results, index);
    }

    // Linearizable, with the log as the witness: an effect lies behind all that was told before its call was made.
    private void CheckOrder(Call call, ulong index)
    {
        if (call.IsRead ? index < call.Floor : index <= call.Floor)
        {
            context.Fail(
                call.IsRead ? "a read sees what was told before" : "an effect comes after what was told before", -1,
                index, $"client {call.Client} is answered from {index}, {call.Floor} was told before it asked");
        }
    }

    // Who answered last mostly answers again.
    private int TargetOf(int client, ulong identity)
    {
        var drawn = context.Fate.Below(4 * context.NodeCount, FateDomain.ClientTarget, identity);
        return drawn < 3 * context.NodeCount && _answeredBy[client] >= 0
            ? _answeredBy[client]
            : drawn % context.NodeCount;
    }

    private void End(Call call)
    {
        call.IsOver = true;
        Open--;
    }

    private void Ask(Call call)
    {
        var identity = StableHash.Mix(call.Identity, (ulong)((call.Attempt * 8) + call.Hints));
        var fate = context.Network.Send(
            ProtocolContext.ClientEndpoint + call.Client, call.Target, identity, context.Now, bits: 0);
        Travel(call, fate.Arrival, identity);
        if (fate.CopyArrival >= 0)
        {
            context.Count(FaultKind.ClientDuplicate, call.Client, identity);
            Travel(call, fate.CopyArrival, identity + 1);
        }

        if (call.Hints == 0)
        {
            var least = context.IsCalm ? CalmPatience : 0;
            var patience = Math.Max(context.Knobs[Knob.ClientPatience] * Math.Min(1 + call.Attempt, 3), least);
            context.Schedule(
                WorldEventKind.ClientTimeout, context.Now + patience, call.Client, call.Number, identity, call.Attempt);
        }
    }

    private void Travel(Call call, long at, ulong identity)
    {
        if (at < 0)
        {
            return;
        }

        var slot = _messages.Rent();
        _messages[slot].Call = call.Number;
        context.Schedule(WorldEventKind.Request, at, call.Target, slot, identity);
    }

    private void Tell(ReplicaNode node, int number, CommandResult[] results, ulong index, Refusal refusal)
    {
        var call = _calls[number];
        var identity = StableHash.Mix(call.Identity, StableHash.Mix((ulong)refusal, (ulong)node.Number));
        identity = StableHash.Mix(identity, context.Occurrences.Next(identity));
        var fate = context.Network.Send(
            node.Number, ProtocolContext.ClientEndpoint + call.Client, identity, context.Now, bits: 0);
        if (fate.Arrival < 0)
        {
            return;
        }

        var slot = _messages.Rent();
        var message = _messages[slot];
        message.Call = number;
        message.Results = results;
        message.Index = index;
        message.Refusal = refusal;
        message.Hint = (int)(node.Raft?.Status.Leader.Number ?? 0) - 1;
        context.Schedule(WorldEventKind.Answer, fate.Arrival, call.Client, slot, identity);
    }

    private void OnRefused(Call call, int hint)
    {
        if (hint < 0 || hint >= context.NodeCount || hint == call.Target || call.Hints >= HintsMax)
        {
            return;
        }

        context.Meet(Mark.HintFollowed);
        call.Target = hint;
        call.Hints++;
        Ask(call);
    }
}
