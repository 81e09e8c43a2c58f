using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>
/// Turns the steps of a workload into log entries. What it aims at (live orders, sessions, prices) it knows only from
/// the results and events that <see cref="Observe"/> is given. Same steps and same outputs give the same entries.
/// </summary>
public sealed class CommandGenerator
{
    private const int BatchMax = 12;
    private const int LiveOrdersMax = 250;

    private readonly EntryBuilder _entries = new();
    private readonly ObservedWorld _world = new();
    private readonly OrderActions _orders;
    private readonly IdentityActions _identities;
    private readonly PolicyActions _policies;
    private readonly StaffActions _staff;
    private readonly MalformedActions _malformed;
    private readonly Queue<Command> _prologue;

    // The commands of the entry that is being made; after a flush those of the entry that Observe will be told of.
    private readonly List<Command> _batch = [];
    private uint? _countOverride;
    private bool _isComplete;
    private WorkloadStep? _pause;

    public CommandGenerator(int world)
    {
        _orders = new OrderActions(_world);
        _identities = new IdentityActions(_world, _orders);
        _policies = new PolicyActions(_world, _orders);
        _staff = new StaffActions(_world, _orders);
        _malformed = new MalformedActions(_orders, _identities);
        _world.Now = _entries.Timestamp;
        _prologue = new Queue<Command>(Prologue.Commands(world));
    }

    /// <summary>Commands sent so far, as the entries count them.</summary>
    public long Sent { get; private set; }

    /// <summary>Whether all that sets the exchange up was handed out.</summary>
    public bool IsPrologueSent => _prologue.Count == 0;

    /// <summary>Whether commands stand ready that no entry has taken yet.</summary>
    public bool HasBatch => _batch.Count > 0;

    /// <summary>The time, where it passes by itself; without it time goes as the steps want it.</summary>
    public long? Clock { get; set; }

    /// <summary>The next entry, once there is one: to be applied and observed before the next call.</summary>
    public bool TryNext(out Entry entry)
    {
        if (_prologue.Count > 0)
        {
            TakePrologue();
        }

        if (_isComplete)
        {
            entry = _entries.Commands(_batch, _world.Now, _countOverride);
            Sent += entry.Header.CommandCount;
            return true;
        }

        if (_pause is { } pause)
        {
            _pause = null;
            entry = Pause(pause);
            return true;
        }

        entry = null!;
        return false;
    }

    /// <summary>Takes one more step. Then ask <see cref="TryNext"/> until it has no more.</summary>
    public void Feed(in WorkloadStep step)
    {
        Invariant.Check(!_isComplete && _prologue.Count == 0);
        var action = WorkloadActions.Of(step.Action);
        if (action is WorkloadAction.Idle or WorkloadAction.NewTerm)
        {
            _isComplete = _batch.Count > 0;
            _pause = step;
            return;
        }

        var pace = new Digits(step.Pace);
        var goesOn = pace.Next(3) != 0;
        if (_batch.Count == 0)
        {
            Start(_entries.Timestamp + Elapsed(ref pace));
        }

        if (action == WorkloadAction.Burst && _world.Orders.Count < LiveOrdersMax)
        {
            foreach (var order in _orders.Burst(step))
            {
                _batch.Add(_identities.StampTrader(order, identity: 0));
            }
        }
        else if (Make(action, step) is { } command)
        {
            _batch.Add(command);
        }

        _isComplete = _batch.Count > 0 && (!goesOn || _batch.Count >= BatchMax || _countOverride is not null);
    }

    /// <summary>Ends the entry that is being made, where one is.</summary>
    public void Flush() => _isComplete = _batch.Count > 0;

    /// <summary>Tells what the entry brought.</summary>
    /// <param name="entry">The entry that <see cref="TryNext"/> gave.</param>
    /// <param name="results">Its results.</param>
    /// <param name="events">Its events.</param>
    /// <param name="nextDeadline">When the next timer is due.</param>
    public void Observe(Entry entry, ReadOnlySpan<byte> results, ReadOnlySpan<byte> events, long nextDeadline)
    {
        var isOfCommands = entry.Header.Kind == EntryKind.Commands;
        _world.Observe(entry, isOfCommands ? _batch : [], results, events, nextDeadline);
        if (isOfCommands)
        {
            _batch.Clear();
            _countOverride = null;
            _isComplete = false;
        }
    }

    /// <summary>Tells what an entry of others brought.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="events">Its events.</param>
    /// <param name="nextDeadline">When the next timer is due.</param>
    public void ObserveOthers(in EntryHeader header, ReadOnlySpan<byte> events, long nextDeadline) =>
        _world.Observe(new Entry(header, []), [], [], events, nextDeadline);

    // The first command shortens the memory. Its own key keeps the long one and would block the queue behind it, so the
    // rest comes after that.
    private void TakePrologue()
    {
        var isFirst = _entries.Index == 0;
        var isSecond = _entries.Index == 1;
        Start(_entries.Timestamp + (isSecond ? DefaultPolicy.Global.KeyRetention : 1_000));
        for (var i = 0; i < (isFirst ? 1 : BatchMax) && _prologue.Count > 0; i++)
        {
            _batch.Add(_identities.StampStaff(_prologue.Dequeue(), identity: 0));
        }

        _isComplete = true;
    }

    private void Start(long timestamp) => _world.Now = Clock ?? timestamp;

    private static long Elapsed(ref Digits pace)
    {
        long part = 1 + pace.Next(1_000);
        return pace.Next(40) switch
        {
            < 20 => part * 1_000,
            < 32 => part * 100_000,
            < 38 => part * 1_000_000,
            38 => part * 5_000_000,
            _ => 1,
        };
    }

    private Entry Pause(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var isDue = _world.NextDeadline != long.MaxValue;
        var untilDue = isDue ? _world.NextDeadline - _entries.Timestamp : 0;
        var elapsed = shape.Next(8) switch
        {
            0 or 1 or 2 when isDue => Math.Max(1, untilDue),
            3 when isDue => Math.Max(1, untilDue - 1),
            4 => 20_000_000_000,
            5 => 1 + (step.Size % 500_000_000),
            6 => 3_000_000_000,
            _ => 700_000_000,
        };
        // A day without a command would empty every queue at once; the grace of a day is for the far end of the range.
        elapsed = Math.Min(elapsed, 90_000_000_000);
        _world.Now = _entries.Timestamp + elapsed;
        if (WorkloadActions.Of(step.Action) == WorkloadAction.Idle)
        {
            return _entries.Time(_world.Now);
        }

        _entries.StartTerm();
        return shape.Next(4) switch
        {
            0 => _entries.NoOperation(_world.Now),
            1 => _entries.Time(_world.Now),
            2 => Configuration(step),
            _ => _entries.Configuration(_world.Now, [.. Commands.CancelAll(AccountId.House).Bytes]),
        };
    }

    // The last member announces nothing, ever: no raise may be accepted, because no build knows a second version yet.
    private Entry Configuration(in WorkloadStep step)
    {
        const int VotersUnheardOf = 100;
        var shape = new Digits(step.Size);
        List<ConfiguredMember> members = [];
        for (var number = 1 + shape.Next(4); number < 20; number += 1 + shape.Next(6))
        {
            members.Add(new ConfiguredMember
            {
                Number = (uint)number,
                Incarnation = 1 + (uint)shape.Next(2),
                Roles = shape.Pick<byte>([1, 3, 2, 6, 4]),
            });
        }

        members.RemoveRange(Math.Min(members.Count, ConfiguredMember.CountMax - 1), Math.Max(0, members.Count - 15));
        members.Add(new ConfiguredMember { Number = VotersUnheardOf, Incarnation = 1, Roles = 1 });
        return _entries.Configuration(_world.Now, CollectionsMarshal.AsSpan(members));
    }

    private Command? Make(WorkloadAction action, in WorkloadStep step) => action switch
    {
        WorkloadAction.Place or WorkloadAction.Burst => _world.Orders.Count < LiveOrdersMax
            ? _identities.StampTrader(_orders.Place(step), step.Identity)
            : _identities.StampStaff(_orders.CancelAll(step with { Shape = 5 }), identity: 0),
        WorkloadAction.Test => Asked(_orders.Place(step), step),
        WorkloadAction.Cancel => _identities.StampTrader(_orders.Cancel(step), step.Identity),
        WorkloadAction.Amend => _identities.StampTrader(_orders.Amend(step), step.Identity),
        WorkloadAction.Replace => _identities.StampTrader(_orders.Replace(step), step.Identity),
        WorkloadAction.CancelAll => CancelAll(_orders.CancelAll(step), step),
        WorkloadAction.DeadMan => _identities.StampTrader(_orders.DeadMan(step), step.Identity),
        WorkloadAction.OpenSession => _identities.OpenSession(step),
        WorkloadAction.CloseSession => _identities.CloseSession(step),
        WorkloadAction.Connection => _identities.SetConnection(step),
        WorkloadAction.Repeat => _identities.Repeat(step),
        WorkloadAction.OtherNumber => _identities.OtherNumber(step),
        WorkloadAction.Fence => _identities.Fence(step),
        WorkloadAction.Malformed => _malformed.Make(step),
        WorkloadAction.BrokenPayload => BreakPayload(step),
        _ => _identities.StampStaff(MakeStaff(action, step), step.Identity),
    };

    private Command MakeStaff(WorkloadAction action, in WorkloadStep step) => action switch
    {
        WorkloadAction.SetInstrumentPolicy => _policies.SetInstrument(step),
        WorkloadAction.SetGlobalPolicy => _policies.SetGlobal(step),
        WorkloadAction.SetFees => _policies.SetFees(step),
        WorkloadAction.SetMode => _policies.SetMode(step),
        WorkloadAction.SetReference => _policies.SetReference(step),
        WorkloadAction.HaltWithdrawals => StaffActions.HaltWithdrawals(step),
        WorkloadAction.Deposit => _staff.Deposit(step),
        WorkloadAction.Withdraw => _staff.Withdraw(step),
        WorkloadAction.Propose => _staff.Propose(step),
        WorkloadAction.Decide => _staff.Decide(step),
        WorkloadAction.SetAccount => _staff.SetAccount(step),
        WorkloadAction.OpenAccount => _staff.OpenAccount(step),
        WorkloadAction.CreateUser => _staff.CreateUser(step),
        WorkloadAction.SetUser => _staff.SetUser(step),
        WorkloadAction.CreateApiKey => _staff.CreateApiKey(step),
        WorkloadAction.RevokeApiKey => _staff.RevokeApiKey(step),
        WorkloadAction.CreateAsset => _staff.CreateAsset(step),
        WorkloadAction.CreateInstrument => _staff.CreateInstrument(step),
        WorkloadAction.ClaimDrain => StaffActions.ClaimDrain(step),
        WorkloadAction.AdvanceDrain => _staff.AdvanceDrain(step),
        WorkloadAction.DropDrain => _staff.DropDrain(step),
        WorkloadAction.AnnounceBehaviour => _staff.AnnounceBehaviour(step),
        _ => _staff.RaiseBehaviour(step),
    };

    private Command Asked(Command place, in WorkloadStep step)
    {
        _identities.StampTrader(place, step.Identity);
        return step.Identity % 64 == 63 ? WithKind(place, CommandKind.TestOrder) : Commands.Test(place);
    }

    private static Command WithKind(Command command, CommandKind kind)
    {
        command.Header.Kind = kind;
        return command;
    }

    private Command CancelAll(Command command, in WorkloadStep step) => command.Header.Account.Value == 0
        ? _identities.StampStaff(command, step.Identity)
            .By(step.Identity % 16 == 15 ? command.Header.User : _identities.Holder(Roles.Operator, step.Who))
        : _identities.StampTrader(command, step.Identity);

    // Closes the payload: what comes after a broken length would not be read as it was meant.
    private Command BreakPayload(in WorkloadStep step)
    {
        var command = _identities.StampTrader(_orders.Place(step), step.Identity);
        var count = (uint)_batch.Count + 1;
        switch (step.Price % 4)
        {
            case 0:
                _countOverride = count + 1 + (uint)(step.Size % 3);
                return command;
            case 1:
                _countOverride = (uint)(step.Size % count);
                return command;
            default:
                _countOverride = count + (uint)(step.Size % 2);
                return MalformedActions.BreakLength(command, step.Shape);
        }
    }
}
