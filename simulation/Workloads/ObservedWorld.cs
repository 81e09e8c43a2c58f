using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>
/// What a workload knows of the exchange: its own commands, and what results and events said of them.
/// </summary>
internal sealed class ObservedWorld
{
    private const int DeadOrdersMax = 64;
    private const int SentMax = 256;
    private const int LatestMax = 8;

    private readonly Dictionary<ulong, ObservedOrder> _ordersById = [];
    private readonly Queue<OrderId> _dead = [];
    private readonly List<Command> _sent = [];

    public List<ObservedInstrument> Instruments { get; } = [];

    public List<ObservedOrder> Orders { get; } = [];

    public List<ObservedSession> Sessions { get; } = [];

    public List<ObservedUser> Users { get; } = [new(UserId.Root, Roles.All)];

    public List<ObservedAccount> Accounts { get; } = [new(AccountId.House, UserId.Root)];

    public List<ObservedApiKey> ApiKeys { get; } = [];

    public List<ObservedDrain> Drains { get; } = [];

    public List<uint> Proposals { get; } = [];

    public uint Assets { get; private set; }

    public uint Behaviour { get; private set; } = 1;

    public GlobalPolicy Policy { get; private set; } = DefaultPolicy.Global;

    /// <summary>Log time of the entry that is being made.</summary>
    public long Now { get; set; }

    /// <summary>Index of the last entry observed.</summary>
    public ulong Index { get; private set; }

    public long NextDeadline { get; private set; } = long.MaxValue;

    /// <summary>Keys made so far.</summary>
    public ulong Keys { get; set; }

    public IReadOnlyCollection<OrderId> DeadOrders => _dead;

    /// <summary>The last commands sent, the latest last.</summary>
    public IReadOnlyList<Command> Sent => _sent;

    public void Remember(Command command)
    {
        _sent.Add(command);
        if (_sent.Count > SentMax)
        {
            _sent.RemoveAt(0);
        }
    }

    /// <summary>
    /// One of a list, counted from its end: half of the time one of the last few, so that the choice stays the same
    /// when earlier steps are dropped.
    /// </summary>
    public static T Recent<T>(IReadOnlyList<T> list, int choice) =>
        list[list.Count - 1 - (choice / 2 % Math.Min(list.Count, choice % 2 == 0 ? LatestMax : list.Count))];

    public void Observe(
        in Entry entry,
        IReadOnlyList<Command> commands,
        ReadOnlySpan<byte> results,
        ReadOnlySpan<byte> events,
        long nextDeadline)
    {
        Index = entry.Header.Index;
        NextDeadline = nextDeadline;
        var reader = new EventReader(events);
        while (reader.TryRead(out var happened))
        {
            Take(happened);
        }

        Invariant.Check(reader.Error == EventError.None);

        foreach (var session in Sessions)
        {
            session.Underway = 0;
        }

        var each = MemoryMarshal.Cast<byte, CommandResult>(results);
        for (var i = 0; i < commands.Count && i < each.Length; i++)
        {
            // A stored reply keeps the place of the first answer.
            if (each[i].Index == Index && each[i].Offset == (uint)i)
            {
                Take(commands[i], each[i]);
            }
        }
    }

    private void Take(EventEnvelope happened)
    {
        switch (happened.Kind)
        {
            case EventKind.OrderAccepted:
                Open(happened.As<OrderAccepted>());
                break;
            case EventKind.TradeExecuted:
                ref readonly var trade = ref happened.As<TradeExecuted>();
                Instrument(happened.Stream).LastPrice = trade.Price.Ticks;
                Reduce(trade.MakerOrderId, trade.Quantity.Lots);
                Reduce(trade.TakerOrderId, trade.Quantity.Lots);
                break;
            case EventKind.SelfTradePrevented:
                ref readonly var prevented = ref happened.As<SelfTradePrevented>();
                Decrement(prevented.MakerOrderId, prevented.Quantity.Lots);
                Decrement(prevented.TakerOrderId, prevented.Quantity.Lots);
                break;
            case EventKind.OrderCancelled:
                Close(happened.As<OrderCancelled>().OrderId);
                break;
            case EventKind.OrderAmended or EventKind.OrderReplaced:
                Change(happened.As<OrderChanged>());
                break;
            case EventKind.BookDelta:
                Instrument(happened.Stream).Take(happened.As<BookDelta>());
                break;
            case EventKind.ModeChanged:
                Instrument(happened.Stream).Mode = happened.As<ModeChanged>().To;
                break;
            case EventKind.ReferencePriceChanged:
                Instrument(happened.Stream).ReferencePrice = happened.As<ReferencePriceChanged>().Price.Ticks;
                break;
            case EventKind.InstrumentCreated:
                Add(happened.As<InstrumentCreated>());
                break;
        }
    }

    private void Add(in InstrumentCreated created) => Instruments.Add(new ObservedInstrument
    {
        Id = new InstrumentId(created.Header.Stream),
        Mode = created.Mode,
        NotionalUnits = created.NotionalUnits,
        Home = created.NotionalUnits == CreateInstrument.UnitsMax ? Price.Max - 500 : 1_000,
    });

    private ObservedInstrument Instrument(uint stream) => Instruments[(int)stream - 1];

    private void Open(in OrderAccepted accepted)
    {
        // An order by budget never rests and has no lots to count.
        if (accepted.Quantity.Lots == 0)
        {
            return;
        }

        var order = new ObservedOrder
        {
            Id = accepted.OrderId,
            Account = accepted.Account,
            Instrument = new InstrumentId(accepted.Header.Stream),
            Side = accepted.Side,
            Type = accepted.Type,
            Prevention = (SelfTradePrevention)(accepted.Flags >> 4),
            ClientOrderId = accepted.ClientOrderId,
            Display = accepted.DisplayQuantity.Lots,
            Price = accepted.Price.Ticks,
            Total = accepted.Quantity.Lots,
            Open = accepted.Quantity.Lots,
            Place = Orders.Count,
        };
        Orders.Add(order);
        _ordersById[order.Id.Value] = order;
    }

    private void Reduce(OrderId id, long lots)
    {
        if (_ordersById.TryGetValue(id.Value, out var order))
        {
            order.Open -= lots;
            if (order.Open == 0)
            {
                Close(id);
            }
        }
    }

    // Who has nothing left is cancelled by an event of its own.
    private void Decrement(OrderId id, long lots)
    {
        if (_ordersById.TryGetValue(id.Value, out var order))
        {
            order.Open -= lots;
            order.Total -= lots;
        }
    }

    private void Change(in OrderChanged changed)
    {
        var order = _ordersById[changed.OrderId.Value];
        order.Price = changed.Price.Ticks;
        order.Total = changed.Quantity.Lots;
        order.Open = changed.Remaining.Lots;
    }

    private void Close(OrderId id)
    {
        if (!_ordersById.Remove(id.Value, out var order))
        {
            return;
        }

        var last = Orders[^1];
        Orders[order.Place] = last;
        last.Place = order.Place;
        Orders.RemoveAt(Orders.Count - 1);
        _dead.Enqueue(id);
        if (_dead.Count > DeadOrdersMax)
        {
            _dead.Dequeue();
        }
    }

    private void Take(Command command, in CommandResult result)
    {
        if (result.Code is > RejectCode.None and < RejectCode.UnknownInstrument)
        {
            return;
        }

        if (command.Header.Dedup == DedupMode.Session)
        {
            Sessions.Single(session => session.Id == command.Header.Session).Next++;
        }

        if (result.Code == RejectCode.None)
        {
            TakeAccepted(command, result);
        }
    }

    private void TakeAccepted(Command command, in CommandResult result)
    {
        var id = result.Id;
        switch (command.Kind)
        {
            case CommandKind.OpenSession:
                Sessions.Add(new ObservedSession
                {
                    Id = new SessionId((uint)id),
                    Account = command.Header.Account,
                    User = command.Header.User,
                });
                break;
            case CommandKind.CloseSession:
                Sessions.RemoveAll(session => session.Id == command.As<CloseSession>().Session);
                break;
            case CommandKind.CreateAsset:
                Assets++;
                break;
            case CommandKind.SetInstrumentPolicy:
                Instrument(command.Header.Instrument.Value).Policy = command.As<SetInstrumentPolicy>().Policy;
                break;
            case CommandKind.SetGlobalPolicy:
                Policy = command.As<SetGlobalPolicy>().Policy;
                break;
            case CommandKind.OpenAccount:
                Accounts.Add(new ObservedAccount(new AccountId((uint)id), command.As<OpenAccount>().Owner));
                break;
            case CommandKind.CreateUser:
                Users.Add(new ObservedUser(new UserId((uint)id), (Roles)command.As<CreateUser>().Roles));
                break;
            case CommandKind.SetUser:
                ref readonly var user = ref command.As<SetUser>();
                Users[(int)user.Target.Value - 1] =
                    new ObservedUser(user.Target, user.Enabled == 0 ? Roles.None : (Roles)user.Roles);
                break;
            case CommandKind.RaiseBehaviour:
                Behaviour = command.As<RaiseBehaviour>().Version;
                break;
            default:
                TakeTarget(command, result);
                break;
        }
    }

    private void TakeTarget(Command command, in CommandResult result)
    {
        switch (command.Kind)
        {
            case CommandKind.ProposeAdjustment:
                Proposals.Add((uint)result.Id);
                break;
            case CommandKind.DecideAdjustment:
                Proposals.Remove(command.As<DecideAdjustment>().Proposal);
                break;
            case CommandKind.CreateApiKey:
                ApiKeys.Add(new ObservedApiKey(command.Header.Account, command.As<CreateApiKey>().ApiKey));
                break;
            case CommandKind.RevokeApiKey:
                var revoked = command.As<RevokeApiKey>().ApiKey;
                ApiKeys.RemoveAll(key => key.Key == revoked);
                break;
            case CommandKind.ClaimDrain:
                Move(command.As<ClaimDrain>().Drain, token: result.Id, position: null);
                break;
            case CommandKind.AdvanceDrain:
                Move(command.As<AdvanceDrain>().Drain, token: null, command.As<AdvanceDrain>().Position);
                break;
            case CommandKind.DropDrain:
                var dropped = command.As<DropDrain>().Drain;
                Drains.RemoveAll(drain => drain.Number == dropped);
                break;
        }
    }

    private void Move(uint number, ulong? token, ulong? position)
    {
        var place = Drains.FindIndex(drain => drain.Number == number);
        if (place < 0)
        {
            Drains.Add(new ObservedDrain(number, token ?? 0, Position: 0));
            return;
        }

        var drain = Drains[place];
        Drains[place] = drain with { Token = token ?? drain.Token, Position = position ?? drain.Position };
    }
}
