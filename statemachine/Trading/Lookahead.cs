using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>A command that comes later in the entry: where it stands, and what was found out about it.</summary>
internal struct Upcoming
{
    public int Start;
    public int Length;

    /// <summary>The level that it will probably join, or −1.</summary>
    public int Level;
}

/// <summary>
/// Asks for the cache lines of the commands that come next in the same entry, while the present one runs: what a
/// command names itself, then what that names, then what that names. It decides nothing and changes nothing: an entry
/// gives the same answers without it. Commands are taken as they stand, so every number in them is checked against the
/// tables before it is used as a place.
/// </summary>
internal sealed class Lookahead(ExchangeState state)
{
    /// <summary>Commands ahead at which the first lines are asked for: those that the command itself names.</summary>
    public const int Far = 12;

    /// <summary>Commands ahead at which the lines are asked for that the first ones name.</summary>
    public const int Middle = 8;

    /// <summary>Commands ahead at which the lines are asked for that those name.</summary>
    public const int Near = 4;

    private readonly Table<Account> _accounts = state.Accounts;
    private readonly Table<Balance> _balances = state.Balances;
    private readonly Table<Order> _orders = state.Orders;
    private readonly Table<OrderTerms> _terms = state.Terms;
    private readonly Table<Instrument> _instruments = state.Instruments;
    private readonly LevelTrees _levels = state.Levels;
    private readonly HashIndex _sessionIndex = state.SessionIndex;
    private readonly HashIndex _balanceIndex = state.BalanceIndex;

    // Bytes behind a command that are asked for with it: about as many commands again as Far.
    private const int BytesAhead = 1_536;

    public void AskFar(ReadOnlySpan<byte> payload, in Upcoming command)
    {
        ref var bytes = ref Unsafe.Add(ref MemoryMarshal.GetReference(payload), command.Start);
        Prefetch.Behind(ref bytes, BytesAhead);
        Prefetch.Behind(ref bytes, BytesAhead + 64);
        if (command.Length < Unsafe.SizeOf<CommandHeader>())
        {
            return;
        }

        ref readonly var header = ref Unsafe.As<byte, CommandHeader>(ref bytes);
        if (header.Account.Value < (uint)_accounts.Limit)
        {
            _accounts.Ask(unchecked((int)header.Account.Value));
        }

        if (header.Dedup == DedupMode.Session)
        {
            _sessionIndex.Ask(ExchangeState.SessionHash(header.Session.Value));
        }

        if (OrderSlot(ref bytes, command.Length, out var slot))
        {
            _orders.Ask(slot);
            _terms.Ask(slot);
            Prefetch.Line(ref _terms.At(slot).Quantity);
        }
        else if (IsPlace(ref bytes, command.Length))
        {
            ref readonly var place = ref Unsafe.As<byte, PlaceOrder>(ref bytes);
            _balanceIndex.Ask(ExchangeState.BalanceHash(header.Account.Value, AssetOf(in place)));
        }
    }

    public void AskMiddle(ReadOnlySpan<byte> payload, ref Upcoming command)
    {
        command.Level = -1;
        if (command.Length < Unsafe.SizeOf<CommandHeader>())
        {
            return;
        }

        ref var bytes = ref Unsafe.Add(ref MemoryMarshal.GetReference(payload), command.Start);
        ref readonly var header = ref Unsafe.As<byte, CommandHeader>(ref bytes);
        if (header.Dedup == DedupMode.Session)
        {
            var session = _sessionIndex.First(ExchangeState.SessionHash(header.Session.Value), out _);
            if (session >= 0)
            {
                state.Sessions.Ask(session);
                state.Replies.Ask(Admission.ReplySlot(session, header.Stamp));
            }
        }

        if (OrderSlot(ref bytes, command.Length, out var slot))
        {
            if (_orders.At(slot).Id != 0)
            {
                command.Level = AskForOrder(ref bytes, command.Length, slot);
            }
        }
        else if (IsPlace(ref bytes, command.Length))
        {
            command.Level = AskForPlace(in Unsafe.As<byte, PlaceOrder>(ref bytes));
        }
    }

    /// <summary>The order behind which it will join.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AskNear(in Upcoming command)
    {
        if (command.Level >= 0)
        {
            Prefetch.Line(ref _orders.At(_levels.Level(command.Level).Tail));
        }
    }

    private int AskForOrder(ref byte bytes, int length, int slot)
    {
        ref var order = ref _orders.At(slot);
        ref var terms = ref _terms.At(slot);
        Prefetch.Line(ref _levels.Level(order.Level));
        Prefetch.Line(ref _orders.At(order.Next));
        Prefetch.Line(ref _orders.At(order.Previous));
        _balances.Ask(order.Side == Side.Buy ? terms.QuoteBalance : terms.BaseBalance);
        ref readonly var header = ref Unsafe.As<byte, CommandHeader>(ref bytes);
        if (header.Kind != CommandKind.ReplaceOrder || length != Unsafe.SizeOf<ReplaceOrder>())
        {
            Prefetch.Line(ref _terms.At(terms.AccountNext - 1).Quantity);
            Prefetch.Line(ref _terms.At(terms.AccountPrevious - 1).Quantity);
            return -1;
        }

        var price = Unsafe.As<byte, ReplaceOrder>(ref bytes).Price.Ticks;
        return OrderChecks.IsPrice(price) ? state.Books[order.Instrument].Ask(order.Side, price) : -1;
    }

    private int AskForPlace(in PlaceOrder command)
    {
        var balance = _balanceIndex.First(
            ExchangeState.BalanceHash(command.Header.Account.Value, AssetOf(in command)), out _);
        if (balance >= 0)
        {
            _balances.Ask(balance);
        }

        return OrderChecks.IsPrice(command.Price.Ticks)
            ? state.Books[command.Header.Instrument.Value].Ask(command.Side, command.Price.Ticks)
            : -1;
    }

    private uint AssetOf(in PlaceOrder command)
    {
        ref var instrument = ref _instruments.At(unchecked((int)command.Header.Instrument.Value));
        return command.Side == Side.Buy ? instrument.QuoteAsset : instrument.BaseAsset;
    }

    private bool IsPlace(ref byte bytes, int length)
    {
        ref readonly var place = ref Unsafe.As<byte, PlaceOrder>(ref bytes);
        return place.Header.Kind == CommandKind.PlaceOrder
            && length == Unsafe.SizeOf<PlaceOrder>()
            && place.Side <= Side.Sell
            && state.HasInstrument(place.Header.Instrument.Value);
    }

    // Whether the command names an order by its id, in a slot that exists.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool OrderSlot(ref byte bytes, int length, out int slot)
    {
        slot = -1;
        if (Unsafe.As<byte, CommandHeader>(ref bytes).Kind
                is CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder
            && length >= Unsafe.SizeOf<CancelOrder>())
        {
            slot = Unsafe.As<byte, CancelOrder>(ref bytes).OrderId.Slot;
        }

        return slot >= 0 && slot < _terms.Limit;
    }
}
