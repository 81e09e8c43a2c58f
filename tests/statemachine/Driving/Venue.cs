using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Driving;

/// <summary>
/// A small exchange to tell stories with: one market of coin against cash, Alice and Bob with money, all owned by the
/// root user, so that a test says only what it is about. Commands get fresh keys unless they say otherwise.
/// </summary>
internal sealed class Venue
{
    public const long Second = 1_000_000_000;

    public static readonly AccountId Alice = new(2);
    public static readonly AccountId Bob = new(3);
    public static readonly AssetId Coin = new(1);
    public static readonly AssetId Cash = new(2);
    public static readonly InstrumentId Market = new(1);

    private readonly EntryBuilder _builder = new();
    private readonly List<Entry> _log = [];
    private UInt128 _keys;

    public Venue(long lotUnits = 1, long notionalUnits = 1, Int128? funds = null)
    {
        Accept(StaffCommands.CreateAsset("COIN", 8));
        Accept(StaffCommands.CreateAsset("CASH", 2));
        Accept(StaffCommands.CreateInstrument("COIN-CASH", Coin, Cash, lotUnits, notionalUnits));
        foreach (var account in (AccountId[])[Alice, Bob])
        {
            Accept(StaffCommands.OpenAccount(UserId.Root));
            Accept(StaffCommands.Deposit(account, Coin, funds ?? 1_000_000_000));
            Accept(StaffCommands.Deposit(account, Cash, funds ?? 1_000_000_000));
        }
    }

    public Replica Replica { get; } = new();

    public ExchangeMachine Machine => Replica.Machine;

    public ExchangeState State => Machine.State;

    /// <summary>Log time of the last entry.</summary>
    public long Now => _builder.Timestamp;

    public ulong Index => _builder.Index;

    /// <summary>The entries so far, to be applied once more.</summary>
    public IReadOnlyList<Entry> Log => _log;

    /// <summary>What the last entry brought.</summary>
    public IReadOnlyList<Happened> Events { get; private set; } = [];

    public IReadOnlyList<CommandResult> Results => [.. Replica.Results];

    /// <summary>A command in an entry of its own.</summary>
    public CommandResult Do(Command command, long after = 1) => Together([command], after)[0];

    /// <summary>Commands in one entry.</summary>
    public IReadOnlyList<CommandResult> Together(IReadOnlyList<Command> commands, long after = 1)
    {
        var now = Now + after;
        foreach (var command in commands)
        {
            Stamp(command, now);
        }

        return Apply(_builder.Commands(commands, now));
    }

    /// <summary>A command as it is, without a fresh key.</summary>
    public CommandResult Send(Command command, long after = 1) => Apply(_builder.Commands([command], Now + after))[0];

    public CommandResult Accept(Command command, long after = 1)
    {
        var result = Do(command, after);
        Assert.Equal(RejectCode.None, result.Code);
        return result;
    }

    public CommandResult Refuse(RejectCode code, Command command, long after = 1)
    {
        var result = Do(command, after);
        Assert.Equal(code, result.Code);
        return result;
    }

    /// <summary>Log time passes, nothing else.</summary>
    public void Pass(long nanoseconds) => Apply(_builder.Time(Now + nanoseconds));

    /// <summary>A configuration of the membership is committed.</summary>
    public void Configure(params ReadOnlySpan<ConfiguredMember> members) =>
        Apply(_builder.Configuration(Now + 1, members));

    /// <summary>Nobody leads for a while, then a new term opens.</summary>
    public void ChangeTerm(long nanoseconds)
    {
        _builder.StartTerm();
        Apply(_builder.NoOperation(Now + nanoseconds));
    }

    public OrderId Place(Command order)
    {
        var result = Accept(order);
        return new OrderId(result.Id);
    }

    public OrderId Rest(AccountId account, Side side, long price, long quantity, long expiresAt = 0) =>
        Place(Commands.Limit(
            account,
            Market,
            side,
            price,
            quantity,
            expiresAt == 0 ? TimeInForce.GoodTillCancel : TimeInForce.GoodTillDate,
            expiresAt: expiresAt));

    public bool IsOpen(OrderId order) => State.FindOrder(order.Value) >= 0;

    public Int128 Available(AccountId account, AssetId asset) => State.Available(account.Value, asset.Value);

    public Int128 Held(AccountId account, AssetId asset)
    {
        var slot = State.FindBalance(account.Value, asset.Value);
        return slot < 0 ? 0 : State.Balances.At(slot).Held;
    }

    public void SetPolicy(Func<InstrumentPolicy, InstrumentPolicy> change) =>
        Accept(StaffCommands.SetPolicy(Market, change(State.Policies.At((int)Market.Value).Policy)));

    public void SetGlobalPolicy(Func<GlobalPolicy, GlobalPolicy> change) =>
        Accept(StaffCommands.SetPolicy(change(State.Globals.Policy)));

    public void SetMode(SymbolMode mode) => Accept(StaffCommands.SetMode(Market, mode));

    /// <summary>A new user with some roles.</summary>
    public UserId AddUser(Roles roles) => new((uint)Accept(StaffCommands.CreateUser(roles)).Id);

    /// <summary>A session of an account, by the root user.</summary>
    public SessionId OpenSession(AccountId account, long grace = 0) =>
        new((uint)Accept(Commands.OpenSession(account, grace)).Id);

    /// <summary>The next key no command has used.</summary>
    public UInt128 NextKey() => ++_keys;

    /// <summary>The only event of a kind in the last entry.</summary>
    public Happened Single(EventKind kind) => Assert.Single(Events, happened => happened.Kind == kind);

    public int Count(EventKind kind) => Events.Count(happened => happened.Kind == kind);

    private void Stamp(Command command, long now)
    {
        if (command.Header.Dedup == DedupMode.None && CommandRules.Of(command.Kind).NeedsIdentity)
        {
            command.Keyed(NextKey(), now);
        }
    }

    private List<CommandResult> Apply(Entry entry)
    {
        _log.Add(entry);
        Replica.Apply(entry);
        Events = Happened.In(Replica.Events);
        return [.. Replica.Results];
    }
}
