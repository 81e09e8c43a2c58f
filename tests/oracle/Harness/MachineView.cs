using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Model;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.Oracle.Tests.Harness;

/// <summary>Reads the machine's tables into the model's records.</summary>
internal static class MachineView
{
    public static StateView Of(ExchangeState state) => new()
    {
        Exchange = Exchange(state),
        Assets = [.. Numbers(state.Globals.Assets).Select(number => Asset(state, number))],
        Users = [.. Numbers(state.Globals.Users).Select(number => User(state, number))],
        Accounts = [.. Numbers(state.Globals.Accounts).Select(number => Account(state, number))],
        Balances = [.. Slots(state.BalanceSlots).Select(slot => Balance(state.Balances.At(slot)))
            .Where(balance => balance.Available != 0 || balance.Held != 0)
            .OrderBy(balance => balance.Account).ThenBy(balance => balance.Asset)],
        Instruments = [.. Numbers(state.Globals.Instruments).Select(number => Instrument(state, number))],
        Orders = [.. Slots(state.OrderSlots).Select(slot => Order(state, slot)).OrderBy(order => order.Id)],
        Book = [.. Numbers(state.Globals.Instruments).SelectMany(number =>
            Book(state, number, Side.Buy).Concat(Book(state, number, Side.Sell)))],
        Sessions = [.. Slots(state.SessionSlots).Select(slot => Session(state.Sessions.At(slot)))
            .OrderBy(session => session.Id)],
        Keys = Keys(state),
        ClientOrderIds = ClientOrderIds(state),
        Proposals = [.. Slots(state.ProposalSlots).Select(slot => Proposal(state.Proposals.At(slot)))
            .OrderBy(proposal => proposal.Id)],
        Drains = [.. Slots(state.DrainSlots).Select(slot => state.Drains.At(slot))
            .Select(drain => new DrainView(drain.Id, drain.Token, drain.Position)).OrderBy(drain => drain.Id)],
        Members = [.. Slots(state.MemberSlots).Select(slot => state.Members.At(slot))
            .Select(member => new MemberView(
                member.Id,
                member.Incarnation,
                member.VersionMax,
                (member.Voter & Member.AnnouncedVoter) != 0,
                (member.Voter & Member.ConfiguredVoter) != 0))
            .OrderBy(member => member.Id)],
        ApiKeys = [.. Slots(state.ApiKeySlots).Select(slot => ApiKey(state.ApiKeys.At(slot)))
            .OrderBy(key => key.ApiKey)],
        FeeTiers = FeeTiers(state),
    };

    /// <summary>What only one of the two keeps is blanked: what a triggered order was before.</summary>
    public static StateView Comparable(StateView view) => view with
    {
        Orders = [.. view.Orders.Select(order => order.Waiting
            ? order
            : order with { Type = OrderType.Limit, StopPrice = 0 })],
    };

    private static ExchangeView Exchange(ExchangeState state)
    {
        ref var globals = ref state.Globals;
        return new ExchangeView(
            globals.Index,
            globals.Outage,
            globals.BehaviourVersion,
            globals.ConfigurationIndex,
            globals.WithdrawalsHalted != 0,
            state.GlobalPolicyHash,
            globals.OrdersAccepted,
            globals.StampFloor,
            globals.SystemSequence,
            globals.LedgerSequence);
    }

    private static AssetView Asset(ExchangeState state, int number)
    {
        ref var asset = ref state.Assets.At(number);
        return new AssetView(
            (uint)number, asset.Code, asset.Scale, asset.Deposits, asset.Withdrawals, asset.Adjustments);
    }

    private static UserView User(ExchangeState state, int number)
    {
        ref var user = ref state.Users.At(number);
        return new UserView((uint)number, (uint)user.Roles, user.Enabled != 0, (int)user.Keys);
    }

    private static AccountView Account(ExchangeState state, int number)
    {
        ref var account = ref state.Accounts.At(number);
        return new AccountView(
            (uint)number,
            account.Owner,
            account.Group,
            account.Tier,
            account.Freeze,
            account.DeadManDeadline,
            CountNow(state, account.RateWindow, account.RateCount, state.Globals.Policy.RateWindow),
            (int)account.OpenOrders,
            (int)account.Keys,
            (int)account.StaffKeys,
            (int)account.ClientOrderIds);
    }

    private static BalanceView Balance(Balance balance) =>
        new(balance.Account, balance.Asset, balance.Available, balance.Held);

    private static InstrumentView Instrument(ExchangeState state, int number)
    {
        ref var instrument = ref state.Instruments.At(number);
        ref var policy = ref state.Policies.At(number).Policy;
        return new InstrumentView(
            (uint)number,
            instrument.Symbol,
            instrument.BaseAsset,
            instrument.QuoteAsset,
            instrument.LotUnits,
            instrument.NotionalUnits,
            instrument.Mode,
            instrument.LastPrice,
            instrument.ReferencePrice,
            instrument.ReferenceAt,
            instrument.Continues == 0 ? instrument.ModeDeadline : 0,
            instrument.Continues == 0 ? 0 : instrument.ModeDeadline,
            instrument.NextMode,
            CountNow(state, instrument.ThrottleWindow, instrument.ThrottleCount, policy.ThrottleWindow),
            CountNow(state, instrument.ViolationWindow, instrument.Violations, policy.ViolationWindow),
            instrument.PolicyHash,
            instrument.Sequence);
    }

    private static long CountNow(ExchangeState state, long window, long count, long width) =>
        width != 0 && state.Globals.Timestamp / width == window ? count : 0;

    private static OrderView Order(ExchangeState state, int slot)
    {
        ref var order = ref state.Orders.At(slot);
        ref var terms = ref state.Orders.At(slot).Terms;
        var isWaiting = order.IsWaiting;
        return new OrderView(
            order.Id,
            terms.ClientOrderId,
            order.Account,
            order.Instrument,
            order.Side,
            terms.Type,
            terms.TimeInForce,
            terms.SelfTradePrevention,
            terms.PostOnly != 0,
            isWaiting,
            order.Price,
            terms.StopPrice,
            terms.ExpiresAt,
            terms.Quantity,
            order.Open,
            isWaiting ? 0 : order.Visible,
            terms.DisplayQuantity,
            terms.Quantity - order.Open,
            terms.MakerRate,
            terms.TakerRate,
            terms.FeeAccrued,
            terms.RebateAccrued,
            terms.Hold,
            terms.PendingCancel);
    }

    private static IEnumerable<BookView> Book(ExchangeState state, int number, Side side)
    {
        var book = state.Books[number];
        var rank = 0;
        var index = side == Side.Buy ? book.Bids.Best : book.Asks.Best;
        while (index >= 0)
        {
            var level = book.Level(index);
            for (var slot = level.Head; slot >= 0; slot = state.Orders.At(slot).Next)
            {
                var order = state.Orders.At(slot);
                yield return new BookView((uint)number, side, rank++, order.Id, order.Price, order.Visible);
            }

            index = book.Worse(side, index);
        }
    }

    private static SessionView Session(Session session) => new(
        session.Id,
        session.Account,
        session.User,
        session.Next,
        session.Grace,
        Connected: session.Disconnected == 0,
        session.GraceDeadline);

    private static List<KeyView> Keys(ExchangeState state)
    {
        List<KeyView> keys = [];
        for (var next = state.KeyQueue.First; next != 0; next = state.Keys.At(next - 1).NextInQueue)
        {
            var key = state.Keys.At(next - 1);
            var isUsers = key.Scope == KeyScope.User;
            keys.Add(new KeyView(
                key.Id,
                isUsers ? 0 : key.Holder,
                isUsers ? key.Holder : 0,
                key.Stamp,
                key.Deadline,
                key.Fenced != 0,
                key.Fingerprint));
        }

        return keys;
    }

    private static List<ClientOrderIdView> ClientOrderIds(ExchangeState state)
    {
        List<ClientOrderIdView> ids = [];
        for (var next = state.ClientOrderIdQueue.First; next != 0; next = state.ClientOrderIds.At(next - 1).NextInQueue)
        {
            var id = state.ClientOrderIds.At(next - 1);
            ids.Add(new ClientOrderIdView(id.Account, id.Id, id.OrderId, id.Deadline));
        }

        return ids;
    }

    private static ProposalView Proposal(Proposal proposal) => new(
        proposal.Id, proposal.Account, proposal.Asset, proposal.Amount, proposal.Reference, proposal.Proposer);

    private static ApiKeyView ApiKey(ApiKey key) =>
        new(key.Id, key.Account, key.Permissions, key.ExpiresAt, key.Revoked != 0);

    private static List<FeeTierView> FeeTiers(ExchangeState state)
    {
        List<FeeTierView> tiers = [];
        for (var slot = 0; slot < FeeTier.Tiers * 256; slot++)
        {
            var rates = state.FeeTiers.At(slot);
            if (rates.MakerRate != 0 || rates.TakerRate != 0)
            {
                tiers.Add(new FeeTierView(
                    (uint)(slot / FeeTier.Tiers), (uint)(slot % FeeTier.Tiers), rates.MakerRate, rates.TakerRate));
            }
        }

        return tiers;
    }

    private static IEnumerable<int> Numbers(uint last) => Enumerable.Range(1, (int)last);

    private static IEnumerable<int> Slots(SlotSet slots) => Enumerable.Range(0, slots.Limit).Where(slots.Contains);
}
