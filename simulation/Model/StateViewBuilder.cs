using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Copies the model's state into a view.</summary>
internal static class StateViewBuilder
{
    public static StateView Of(ModelState state, ModelEvents events) => new()
    {
        Exchange = new ExchangeView(
            state.Index,
            state.Outage,
            state.BehaviourVersion,
            state.ConfigurationIndex,
            state.WithdrawalsHalted,
            state.GlobalPolicyHash,
            state.AcceptanceCount,
            state.StampFloor,
            events.SequenceOf(EventStream.System),
            events.SequenceOf(EventStream.Ledger)),
        Assets = [.. state.Assets.Values.Select(Of)],
        Users = [.. state.Users.Values.Select(user => Of(state, user))],
        Accounts = [.. state.Accounts.Values.Select(account => Of(state, account))],
        Balances =
        [
            .. state.Balances
                .Where(one => one.Value.Available != 0 || one.Value.Held != 0)
                .Select(one => new BalanceView(
                    one.Key.Account, one.Key.Asset, one.Value.Available, one.Value.Held)),
        ],
        Instruments = [.. state.Instruments.Values.Select(instrument => Of(state, events, instrument))],
        Orders = [.. state.Orders.Values.Select(Of)],
        Book = [.. state.Instruments.Values.SelectMany(one => Of(one, Side.Buy).Concat(Of(one, Side.Sell)))],
        Sessions = [.. state.Sessions.Values.Select(Of)],
        Keys = [.. state.KeyQueue.Select(Of)],
        ClientOrderIds = [.. state.ClientOrderIdQueue.Select(Of)],
        Proposals = [.. state.Proposals.Values.Select(Of)],
        Drains = [.. state.Drains.Values.Select(drain => new DrainView(drain.Id, drain.Token, drain.Cursor))],
        Members = [.. state.Members.Values.Select(Of)],
        ApiKeys = [.. state.ApiKeys.Values.Select(Of)],
        FeeTiers = [.. state.FeeSchedules.SelectMany(one => Of(one.Key, one.Value))],
    };

    private static MemberView Of(ModelMember one) =>
        new(one.Id, one.Incarnation, one.VersionMax, one.AnnouncedVoter, one.ConfiguredVoter);

    private static AssetView Of(ModelAsset asset) =>
        new(asset.Id, asset.Code, asset.Scale, asset.Deposits, asset.Withdrawals, asset.Adjustments);

    private static AccountView Of(ModelState state, ModelAccount account) => new(
        account.Id,
        account.Owner,
        account.Group,
        account.Tier,
        (uint)account.Freeze,
        account.DeadManDeadline ?? 0,
        CountNow(state, account.Rate, state.Policy.RateWindow),
        state.OrdersOf(account.Id).Count,
        state.KeyCountOf(new KeyPlace(account.Id, User: 0, OfStaff: false)),
        state.KeyCountOf(new KeyPlace(account.Id, User: 0, OfStaff: true)),
        state.ClientOrderIdCountOf(account.Id));

    private static InstrumentView Of(ModelState state, ModelEvents events, ModelInstrument instrument) => new(
        instrument.Id,
        instrument.Symbol,
        instrument.BaseAsset,
        instrument.QuoteAsset,
        instrument.LotUnits,
        instrument.NotionalUnits,
        instrument.Mode,
        instrument.LastPrice,
        instrument.ReferencePrice,
        instrument.ReferenceTime,
        instrument.BreakerEnd ?? 0,
        instrument.Continuation?.Deadline ?? 0,
        instrument.Continuation?.Mode ?? SymbolMode.Normal,
        CountNow(state, instrument.Throttle, instrument.Policy.ThrottleWindow),
        CountNow(state, instrument.Violations, instrument.Policy.ViolationWindow),
        state.PolicyHashOf(instrument),
        events.SequenceOf(instrument.Id));

    private static long CountNow(ModelState state, WindowCount count, long width) =>
        width == 0 ? 0 : count.At(state.Now, width);

    private static OrderView Of(ModelOrder order) => new(
        order.Id,
        order.ClientOrderId,
        order.Account,
        order.Instrument.Id,
        order.Side,
        order.Type,
        order.TimeInForce,
        order.Prevention,
        order.PostOnly,
        order.Waiting,
        order.Price,
        order.StopPrice,
        order.ExpiresAt,
        order.Quantity,
        order.Open,
        order.Shown,
        order.Display,
        order.Executed,
        order.MakerRate,
        order.TakerRate,
        order.FeeMillionths,
        order.RebateMillionths,
        order.Hold,
        order.WaitingCancel);

    private static IEnumerable<BookView> Of(ModelInstrument instrument, Side side) => instrument.Of(side)
        .Select((order, rank) => new BookView(instrument.Id, side, rank, order.Id, order.Price, order.Shown));

    private static SessionView Of(ModelSession session) => new(
        session.Id,
        session.Account,
        session.User,
        session.Next,
        session.Grace,
        session.Connected,
        session.GraceDeadline ?? 0);

    private static KeyView Of(ModelKey key) =>
        new(
            key.CommandId,
            key.Place.Account,
            key.Place.User,
            key.Stamp,
            key.Deadline,
            key.Fenced,
            key.Fingerprint);

    private static UserView Of(ModelState state, ModelUser user) => new(
        user.Id,
        (uint)user.Roles,
        user.Enabled,
        state.KeyCountOf(new KeyPlace(Account: 0, user.Id, OfStaff: false)));

    private static ClientOrderIdView Of(ModelClientOrderId id) =>
        new(id.Account, id.ClientOrderId, id.Order, id.Deadline);

    private static ProposalView Of(ModelProposal one) =>
        new(one.Id, one.Account, one.Asset, one.Amount, one.Reference, one.Proposer);

    private static ApiKeyView Of(ModelApiKey key) =>
        new(key.ApiKey, key.Account, key.Permissions, key.ExpiresAt, key.Revoked);

    private static IEnumerable<FeeTierView> Of(uint schedule, ModelFeeSchedule rates) =>
        Enumerable.Range(0, ModelFeeSchedule.Tiers)
            .Select(tier => new FeeTierView(
                schedule, (uint)tier, rates.MakerRates[tier], rates.TakerRates[tier]))
            .Where(tier => tier.MakerRate != 0 || tier.TakerRate != 0);
}
