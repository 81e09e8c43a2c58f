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

    /// <summary>Zero where the payload has ended.</summary>
    public int Length;

    /// <summary>Slot where its session was found, or −1.</summary>
    public int Session;

    /// <summary>Slot where the balance that it holds of was found, or −1.</summary>
    public int Balance;

    /// <summary>The level that it will probably join, or −1.</summary>
    public int Level;

    /// <summary>Slot of the order that it names, or −1.</summary>
    public int Order;

    /// <summary>The instrument that it would place on, or zero.</summary>
    public uint Instrument;

    /// <summary>The command id of a keyed command; anything otherwise.</summary>
    public UInt128 Key;
}

/// <summary>
/// Asks for the cache lines of the commands that come next in the same entry, while the present ones run: what a
/// command names itself, then what that names, then what that names. It goes by groups, each three groups ahead of the
/// one that runs at first and one at last, so that what a step needs stays in registers. It decides nothing and changes
/// nothing: an entry gives the same answers without it, because what it found is looked at again before it is used.
/// Commands are taken as they stand, so every number in them is checked against the tables before it is used as a
/// place.
/// </summary>
internal sealed class Lookahead(ExchangeState state)
{
    /// <summary>Commands in a group.</summary>
    public const int Group = 8;

    /// <summary>Commands looked at and not yet executed, at most: the group that runs and the three after it.</summary>
    public const int RingSize = 4 * Group;

    private readonly Table<Account> _accounts = state.Accounts;
    private readonly Table<Balance> _balances = state.Balances;
    private readonly Table<Order> _orders = state.Orders;
    private readonly Table<Instrument> _instruments = state.Instruments;
    private readonly LevelTrees _levels = state.Levels;
    private readonly HashIndex _sessionIndex = state.SessionIndex;
    private readonly HashIndex _balanceIndex = state.BalanceIndex;
    private readonly HashIndex _keyIndex = state.KeyIndex;

    /// <summary>Looks at the first three groups, as far as <see cref="Step"/> will not.</summary>
    public void Start(ReadOnlySpan<byte> payload, ref BatchReader reader, scoped Span<Upcoming> ring)
    {
        for (var group = 0; group < 3; group++)
        {
            AskFar(payload, ref reader, ring.Slice(group * Group, Group));
        }

        AskMiddle(payload, ring[..Group]);
        AskMiddle(payload, ring.Slice(Group, Group));
        AskNear(ring[..Group]);
    }

    /// <summary>Looks at the groups behind the one that starts at a place and runs next.</summary>
    public void Step(ReadOnlySpan<byte> payload, ref BatchReader reader, scoped Span<Upcoming> ring, int place)
    {
        AskFar(payload, ref reader, ring.Slice((place + (3 * Group)) % RingSize, Group));
        AskMiddle(payload, ring.Slice((place + (2 * Group)) % RingSize, Group));
        AskNear(ring.Slice((place + Group) % RingSize, Group));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AskFar(ReadOnlySpan<byte> payload, ref BatchReader reader, scoped Span<Upcoming> group)
    {
        foreach (ref var command in group)
        {
            command.Start = reader.Position;
            command.Length = reader.Skip();
            command.Order = -1;
            command.Instrument = 0;
            if (command.Length >= Unsafe.SizeOf<CommandHeader>())
            {
                AskFar(ref At(payload, command.Start), ref command);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AskFar(ref byte bytes, ref Upcoming command)
    {
        ref readonly var header = ref Unsafe.As<byte, CommandHeader>(ref bytes);
        if (header.Account.Value < (uint)_accounts.Limit)
        {
            _accounts.Ask(unchecked((int)header.Account.Value));
        }

        if (header.Dedup == DedupMode.Session)
        {
            _sessionIndex.Ask(ExchangeState.SessionHash(header.Session.Value));
        }
        else if (header.Dedup == DedupMode.Keyed)
        {
            command.Key = CommandIdentity.OfKey(header.Account, header.Kind, header.Instrument, header.Key);
            _keyIndex.Ask(Words.Low(command.Key));
        }

        if (OrderSlot(ref bytes, command.Length, out var slot))
        {
            command.Order = slot;
            _orders.AskAll(slot);
        }
        else if (IsPlace(ref bytes, command.Length))
        {
            ref readonly var place = ref Unsafe.As<byte, PlaceOrder>(ref bytes);
            command.Instrument = header.Instrument.Value;
            _balanceIndex.Ask(ExchangeState.BalanceHash(header.Account.Value, AssetOf(in place)));
        }
    }

    private void AskMiddle(ReadOnlySpan<byte> payload, scoped Span<Upcoming> group)
    {
        foreach (ref var command in group)
        {
            command.Session = -1;
            command.Balance = -1;
            command.Level = -1;
            if (command.Length >= Unsafe.SizeOf<CommandHeader>())
            {
                AskMiddle(ref At(payload, command.Start), ref command);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AskMiddle(ref byte bytes, ref Upcoming command)
    {
        ref readonly var header = ref Unsafe.As<byte, CommandHeader>(ref bytes);
        if (header.Dedup == DedupMode.Session)
        {
            command.Session = _sessionIndex.First(
                ExchangeState.SessionHash(header.Session.Value), out _);
            if (command.Session >= 0)
            {
                state.Sessions.Ask(command.Session);
                state.Replies.Ask(Admission.ReplySlot(command.Session, header.Stamp));
            }
        }

        if (command.Order >= 0)
        {
            if (_orders.At(command.Order).Id != 0)
            {
                AskForOrder(ref bytes, command.Order, ref command);
            }
        }
        else if (command.Instrument != 0)
        {
            AskForPlace(in Unsafe.As<byte, PlaceOrder>(ref bytes), ref command);
        }
    }

    // The order behind which each will join.
    private void AskNear(scoped Span<Upcoming> group)
    {
        foreach (ref readonly var command in group)
        {
            if (command.Level >= 0)
            {
                Prefetch.Line(ref _orders.At(_levels.Level(command.Level).Tail));
            }
        }
    }

    private void AskForOrder(ref byte bytes, int slot, ref Upcoming command)
    {
        ref var order = ref _orders.At(slot);
        ref var terms = ref order.Terms;
        Prefetch.Line(ref _levels.Level(order.Level));
        Prefetch.Line(ref _orders.At(order.Next));
        Prefetch.Line(ref _orders.At(order.Previous));
        _balances.Ask(order.Side == Side.Buy ? terms.QuoteBalance : terms.BaseBalance);
        if (command.Length == Unsafe.SizeOf<ReplaceOrder>())
        {
            var price = Unsafe.As<byte, ReplaceOrder>(ref bytes).Price.Ticks;
            command.Level = OrderChecks.IsPrice(price) ? state.Books[order.Instrument].Ask(order.Side, price) : -1;
            return;
        }

        Prefetch.Line(ref _orders.At(terms.AccountNext - 1).Terms.AccountPrevious);
        Prefetch.Line(ref _orders.At(terms.AccountPrevious - 1).Terms.AccountNext);
    }

    private void AskForPlace(in PlaceOrder place, ref Upcoming command)
    {
        command.Balance = _balanceIndex.First(
            ExchangeState.BalanceHash(place.Header.Account.Value, AssetOf(in place)), out _);
        if (command.Balance >= 0)
        {
            _balances.Ask(command.Balance);
        }

        if (OrderChecks.IsPrice(place.Price.Ticks))
        {
            command.Level = state.Books[place.Header.Instrument.Value].Ask(place.Side, place.Price.Ticks);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint AssetOf(in PlaceOrder command)
    {
        ref var instrument = ref _instruments.At(unchecked((int)command.Header.Instrument.Value));
        return command.Side == Side.Buy ? instrument.QuoteAsset : instrument.BaseAsset;
    }

    // Whether it is a place on an instrument that exists: number 0 does not, every other below the limit does.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsPlace(ref byte bytes, int length)
    {
        ref readonly var place = ref Unsafe.As<byte, PlaceOrder>(ref bytes);
        return place.Header.Kind == CommandKind.PlaceOrder
            && length == Unsafe.SizeOf<PlaceOrder>()
            && place.Side <= Side.Sell
            && unchecked(place.Header.Instrument.Value - 1 < (uint)_instruments.Limit - 1);
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

        return slot >= 0 && slot < _orders.Limit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte At(ReadOnlySpan<byte> payload, int start) =>
        ref Unsafe.Add(ref MemoryMarshal.GetReference(payload), start);
}
