using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// Asks for the cache lines of the commands that come next in the same entry, while the present one runs. It decides
/// nothing and changes nothing: an entry gives the same answers without it. Commands are taken as they stand, so every
/// number in them is checked against the tables before it is used as a place.
/// </summary>
internal sealed class Lookahead(ExchangeState state)
{
    /// <summary>Commands ahead at which the first lines are asked for: those that the command itself names.</summary>
    public const int Far = 8;

    /// <summary>Commands ahead at which the lines are asked for that the first ones name.</summary>
    public const int Near = 4;

    public void AskFar(ReadOnlySpan<byte> command)
    {
        if (command.Length < Unsafe.SizeOf<CommandHeader>())
        {
            return;
        }

        ref readonly var header = ref MemoryMarshal.AsRef<CommandHeader>(command);
        if (header.Account.Value < state.Accounts.Limit)
        {
            Ask(ref state.Accounts.At((int)header.Account.Value));
        }

        if (header.Dedup == DedupMode.Session)
        {
            var session = state.SessionIndex.First(header.Session.Value, out _);
            if (session >= 0)
            {
                Ask(ref state.Sessions.At(session));
                Ask(ref state.Replies.At(Admission.ReplySlot(session, header.Stamp)));
            }
        }

        if (OrderSlot(command, in header, out var slot))
        {
            Ask(ref state.Orders.At(slot));
            ref var terms = ref state.Terms.At(slot);
            Ask(ref terms);
            Ask(ref terms.Quantity);
        }
    }

    public void AskNear(ReadOnlySpan<byte> command)
    {
        if (command.Length < Unsafe.SizeOf<CommandHeader>())
        {
            return;
        }

        ref readonly var header = ref MemoryMarshal.AsRef<CommandHeader>(command);
        if (OrderSlot(command, in header, out var slot))
        {
            ref var order = ref state.Orders.At(slot);
            ref var terms = ref state.Terms.At(slot);
            if (order.Id != 0)
            {
                Ask(ref state.Levels.Level(order.Level));
                Ask(ref state.Orders.At(order.Next));
                Ask(ref state.Orders.At(order.Previous));
                Ask(ref state.Balances.At(order.Side == Side.Buy ? terms.QuoteBalance : terms.BaseBalance));
                Ask(ref state.Terms.At(terms.AccountNext - 1).Quantity);
                Ask(ref state.Terms.At(terms.AccountPrevious - 1).Quantity);
            }
        }
        else if (header.Kind == CommandKind.PlaceOrder
            && command.Length == Unsafe.SizeOf<PlaceOrder>()
            && state.HasInstrument(header.Instrument.Value))
        {
            AskForPlace(in MemoryMarshal.AsRef<PlaceOrder>(command));
        }
    }

    private void AskForPlace(in PlaceOrder command)
    {
        ref var instrument = ref state.Instruments.At((int)command.Header.Instrument.Value);
        var asset = command.Side == Side.Buy ? instrument.QuoteAsset : instrument.BaseAsset;
        var balance = state.BalanceIndex.First(
            ExchangeState.BalanceHash(command.Header.Account.Value, asset), out _);
        if (balance >= 0)
        {
            Ask(ref state.Balances.At(balance));
        }

        if (OrderChecks.IsPrice(command.Price.Ticks) && command.Side <= Side.Sell)
        {
            state.Books[command.Header.Instrument.Value].Ask(command.Side, command.Price.Ticks);
        }
    }

    // Whether the command names an order by its id, in a slot that exists.
    private bool OrderSlot(ReadOnlySpan<byte> command, in CommandHeader header, out int slot)
    {
        slot = -1;
        if (header.Kind is CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder
            && command.Length >= Unsafe.SizeOf<CancelOrder>())
        {
            slot = MemoryMarshal.AsRef<CancelOrder>(command).OrderId.Slot;
        }

        return slot >= 0 && slot < state.Terms.Limit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask<T>(ref T place) => Prefetch.Line(ref place);
}
