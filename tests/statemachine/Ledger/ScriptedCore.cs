using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

/// <summary>Changes an event after the script filled it in; its header included.</summary>
internal delegate void Edit<T>(ref T value)
    where T : unmanaged;

/// <summary>
/// Writes the events of a core by hand: frames, sequences and receipts are right unless a test edits them. It keeps its
/// own naive balances, which the ledger's are compared with.
/// </summary>
internal sealed class ScriptedCore
{
    public const uint Market = 1;
    public const long LotUnits = 10;
    public const long NotionalUnits = 5;

    public static readonly AccountId House = AccountId.House;
    public static readonly AccountId Alice = new(2);
    public static readonly AccountId Bob = new(3);
    public static readonly AssetId Coin = new(1);
    public static readonly AssetId Cash = new(2);

    private readonly OutputBuffer _bytes = new();
    private readonly Dictionary<uint, ulong> _sequences = [];
    private readonly Dictionary<(AccountId, AssetId), Int128> _available = [];
    private readonly Dictionary<ulong, ScriptedOrder> _orders = [];
    private bool _isOpen;

    public uint Epoch { get; set; } = 1;

    public ulong Index { get; set; }

    public ulong Term { get; set; } = 7;

    public long Time { get; set; } = 1_000;

    public IReadOnlyDictionary<ulong, ScriptedOrder> Orders => _orders;

    public Int128 Available(AccountId account, AssetId asset) => _available.GetValueOrDefault((account, asset));

    public Int128 Held(AccountId account, AssetId asset) => _orders.Values
        .Where(order => order.Account == account && order.Asset == asset)
        .Aggregate(Int128.Zero, (sum, order) => sum + order.Hold);

    public ulong Sequence(uint stream) => _sequences.GetValueOrDefault(stream);

    /// <summary>The bytes written since the last time.</summary>
    public byte[] Take()
    {
        _isOpen = false;
        var bytes = _bytes.Written.ToArray();
        _bytes.Clear();
        return bytes;
    }

    /// <summary>Opens the next log entry, with a cause.</summary>
    public ScriptedCore Entry(Edit<EntryFrame>? edit = null)
    {
        Index++;
        Time += 10;
        var frame = new EntryFrame { Term = Term, Timestamp = Time };
        frame.Header.Stream = Epoch;
        frame.Header.Sequence = Index;
        Write(EventKind.Entry, frame, edit);
        _isOpen = true;
        return Cause();
    }

    public ScriptedCore Cause()
    {
        Write(EventKind.Cause, new CauseFrame { Causation = Index + 900, Correlation = 77 });
        return this;
    }

    /// <summary>The current entry's frame once more, as a second part of it would begin.</summary>
    public ScriptedCore SameEntry()
    {
        Index--;
        Time -= 10;
        return Entry();
    }

    public ScriptedCore List(uint instrument = Market, Edit<InstrumentCreated>? edit = null) => Event(
        EventKind.InstrumentCreated,
        instrument,
        new InstrumentCreated
        {
            Symbol = 0x4142,
            BaseAsset = Coin,
            QuoteAsset = Cash,
            LotUnits = LotUnits,
            NotionalUnits = NotionalUnits,
        },
        edit);

    public ScriptedCore Deposit(AccountId account, AssetId asset, Int128 amount, Edit<BalanceChanged>? edit = null) =>
        Change(EventKind.Deposited, account, asset, amount, 0, edit);

    public ScriptedCore Withdraw(AccountId account, AssetId asset, Int128 amount, Edit<BalanceChanged>? edit = null) =>
        Change(EventKind.Withdrawn, account, asset, -amount, 0, edit);

    public ScriptedCore Adjust(
        AccountId account,
        AssetId asset,
        Int128 amount,
        UInt128 reference = default,
        Edit<BalanceChanged>? edit = null) => Change(EventKind.Adjusted, account, asset, amount, reference, edit);

    public ScriptedCore Accept(ulong id, AccountId account, Side side, Int128 hold, Edit<OrderAccepted>? edit = null)
    {
        var order = new ScriptedOrder(account, side, hold);
        Add(account, order.Asset, -hold);
        if (hold > 0)
            _orders.Add(id, order);

        return Event(
            EventKind.OrderAccepted,
            Market,
            new OrderAccepted
            {
                Account = account,
                Side = side,
                OrderId = new OrderId(id),
                Hold = new Amount(hold),
                Available = new Amount(Available(account, order.Asset)),
            },
            edit);
    }

    public ScriptedCore Trade(in ScriptedTrade trade, Edit<TradeExecuted>? edit = null)
    {
        var maker = _orders[trade.Maker];
        var taker = _orders[trade.Taker];
        var notional = trade.Notional;
        Settle(trade.Maker, notional, trade.Lots, trade.MakerFee, trade.MakerHold);
        Settle(trade.Taker, notional, trade.Lots, trade.TakerFee, trade.TakerHold);
        return Event(
            EventKind.TradeExecuted,
            Market,
            new TradeExecuted
            {
                Price = new Price(trade.Price),
                Quantity = new Quantity(trade.Lots),
                MakerOrderId = new OrderId(trade.Maker),
                TakerOrderId = new OrderId(trade.Taker),
                Maker = maker.Account,
                Taker = taker.Account,
                TakerSide = taker.Side,
                Notional = new Amount(notional),
                MakerFee = new Amount(trade.MakerFee),
                TakerFee = new Amount(trade.TakerFee),
                MakerHold = new Amount(trade.MakerHold),
                TakerHold = new Amount(trade.TakerHold),
            },
            edit);
    }

    public ScriptedCore Cancel(ulong id, Edit<OrderCancelled>? edit = null)
    {
        var order = _orders[id];
        SetHold(id, 0);
        return Event(
            EventKind.OrderCancelled,
            Market,
            new OrderCancelled
            {
                Account = order.Account,
                Side = order.Side,
                OrderId = new OrderId(id),
                Released = new Amount(order.Hold),
            },
            edit);
    }

    public ScriptedCore Amend(ulong id, Int128 hold, Edit<OrderChanged>? edit = null) =>
        Rehold(EventKind.OrderAmended, id, hold, edit);

    public ScriptedCore Replace(ulong id, Int128 hold, Edit<OrderChanged>? edit = null) =>
        Rehold(EventKind.OrderReplaced, id, hold, edit);

    public ScriptedCore Prevent(
        ulong maker, ulong taker, Int128 makerHold, Int128 takerHold, Edit<SelfTradePrevented>? edit = null)
    {
        SetHold(maker, makerHold);
        SetHold(taker, takerHold);
        return Event(
            EventKind.SelfTradePrevented,
            Market,
            new SelfTradePrevented
            {
                MakerOrderId = new OrderId(maker),
                TakerOrderId = new OrderId(taker),
                MakerHold = new Amount(makerHold),
                TakerHold = new Amount(takerHold),
            },
            edit);
    }

    public ScriptedCore Level(Edit<BookDelta>? edit = null) => Event(EventKind.BookDelta, Market, default, edit);

    public ScriptedCore Checkpoint() => Event(EventKind.Checkpoint, EventStream.System, default(Checkpoint));

    /// <summary>Writes any event as the next of its stream.</summary>
    public ScriptedCore Event<T>(EventKind kind, uint stream, T value, Edit<T>? edit = null)
        where T : unmanaged
    {
        if (!_isOpen)
            Entry();

        ref var header = ref Unsafe.As<T, EventHeader>(ref value);
        header.Stream = stream;
        header.Sequence = _sequences[stream] = Sequence(stream) + 1;
        Write(kind, value, edit);
        return this;
    }

    /// <summary>Writes a frame or event as it stands.</summary>
    public void Write<T>(EventKind kind, T value, Edit<T>? edit = null)
        where T : unmanaged
    {
        ref var header = ref Unsafe.As<T, EventHeader>(ref value);
        header.Kind = kind;
        header.Version = EventHeader.CurrentVersion;
        header.Length = (ushort)Unsafe.SizeOf<T>();
        edit?.Invoke(ref value);
        foreach (var one in MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)))
            _bytes.Append<byte>() = one;
    }

    private ScriptedCore Change(
        EventKind kind,
        AccountId account,
        AssetId asset,
        Int128 amount,
        UInt128 reference,
        Edit<BalanceChanged>? edit)
    {
        Add(account, asset, amount);
        return Event(
            kind,
            EventStream.Ledger,
            new BalanceChanged
            {
                Account = account,
                Asset = asset,
                Amount = new Amount(amount),
                Available = new Amount(Available(account, asset)),
                Reference = reference,
                User = new UserId(5),
            },
            edit);
    }

    private ScriptedCore Rehold(EventKind kind, ulong id, Int128 hold, Edit<OrderChanged>? edit)
    {
        var order = _orders[id];
        SetHold(id, hold);
        return Event(
            kind,
            Market,
            new OrderChanged
            {
                Account = order.Account,
                Side = order.Side,
                OrderId = new OrderId(id),
                Hold = new Amount(hold),
                Available = new Amount(Available(order.Account, order.Asset)),
            },
            edit);
    }

    private void Settle(ulong id, Int128 notional, long lots, Int128 fee, Int128 holdAfter)
    {
        var order = _orders[id];
        var taken = order.Side == Side.Buy ? notional + fee : lots * LotUnits;
        var got = order.Side == Side.Buy ? lots * LotUnits : notional - fee;
        _orders[id] = order with { Hold = order.Hold - taken };
        SetHold(id, holdAfter);
        Add(order.Account, order.Side == Side.Buy ? Coin : Cash, got);
        Add(House, Cash, fee);
    }

    private void SetHold(ulong id, Int128 hold)
    {
        var order = _orders[id];
        Add(order.Account, order.Asset, order.Hold - hold);
        if (hold == 0)
            _orders.Remove(id);
        else
            _orders[id] = order with { Hold = hold };
    }

    private void Add(AccountId account, AssetId asset, Int128 amount) =>
        _available[(account, asset)] = Available(account, asset) + amount;
}

/// <summary>An open order of the script.</summary>
internal sealed record ScriptedOrder(AccountId Account, Side Side, Int128 Hold)
{
    public AssetId Asset => Side == Side.Buy ? ScriptedCore.Cash : ScriptedCore.Coin;
}

/// <summary>A trade of the script: orders, price and lots, fees, and what is held for both afterwards.</summary>
internal readonly record struct ScriptedTrade(ulong Maker, ulong Taker, long Price, long Lots)
{
    public Int128 MakerFee { get; init; }

    public Int128 TakerFee { get; init; }

    public Int128 MakerHold { get; init; }

    public Int128 TakerHold { get; init; }

    public Int128 Notional => (Int128)Price * Lots * ScriptedCore.NotionalUnits;
}
