using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>
/// What can be read of an exchange, in sorted lists: the model fills it in, and the fast machine's state is adapted to
/// it, so that the two can be compared record by record. What is left out shows in later answers and events.
/// </summary>
public sealed record StateView
{
    public required ExchangeView Exchange { get; init; }

    public required IReadOnlyList<AssetView> Assets { get; init; }

    public required IReadOnlyList<UserView> Users { get; init; }

    public required IReadOnlyList<AccountView> Accounts { get; init; }

    /// <summary>By account and asset; balances with nothing available and nothing held are left out.</summary>
    public required IReadOnlyList<BalanceView> Balances { get; init; }

    public required IReadOnlyList<InstrumentView> Instruments { get; init; }

    /// <summary>Open and waiting orders by id.</summary>
    public required IReadOnlyList<OrderView> Orders { get; init; }

    /// <summary>By instrument, then buys, then sells, each in order of priority.</summary>
    public required IReadOnlyList<BookView> Book { get; init; }

    public required IReadOnlyList<SessionView> Sessions { get; init; }

    /// <summary>In order of admission.</summary>
    public required IReadOnlyList<KeyView> Keys { get; init; }

    /// <summary>In order of the queue in which they are forgotten.</summary>
    public required IReadOnlyList<ClientOrderIdView> ClientOrderIds { get; init; }

    public required IReadOnlyList<ProposalView> Proposals { get; init; }

    public required IReadOnlyList<DrainView> Drains { get; init; }

    public required IReadOnlyList<MemberView> Members { get; init; }

    public required IReadOnlyList<ApiKeyView> ApiKeys { get; init; }

    /// <summary>By schedule and tier; tiers with both rates zero are left out.</summary>
    public required IReadOnlyList<FeeTierView> FeeTiers { get; init; }

    public bool Equals(StateView? other) => other is not null && Difference(other) is null;

    public override int GetHashCode() => Orders.Count;

    /// <summary>Names the first difference; null where there is none.</summary>
    public string? Difference(StateView other) =>
        Difference(nameof(Exchange), [Exchange], [other.Exchange])
        ?? Difference(nameof(Assets), Assets, other.Assets)
        ?? Difference(nameof(Users), Users, other.Users)
        ?? Difference(nameof(Accounts), Accounts, other.Accounts)
        ?? Difference(nameof(Instruments), Instruments, other.Instruments)
        ?? Difference(nameof(Orders), Orders, other.Orders)
        ?? Difference(nameof(Book), Book, other.Book)
        ?? Difference(nameof(Balances), Balances, other.Balances)
        ?? Difference(nameof(Sessions), Sessions, other.Sessions)
        ?? Difference(nameof(Keys), Keys, other.Keys)
        ?? Difference(nameof(ClientOrderIds), ClientOrderIds, other.ClientOrderIds)
        ?? Difference(nameof(Proposals), Proposals, other.Proposals)
        ?? Difference(nameof(Drains), Drains, other.Drains)
        ?? Difference(nameof(Members), Members, other.Members)
        ?? Difference(nameof(ApiKeys), ApiKeys, other.ApiKeys)
        ?? Difference(nameof(FeeTiers), FeeTiers, other.FeeTiers);

    /// <summary>All records as text, one a line.</summary>
    public string Dump()
    {
        var records = new object[] { Exchange }
            .Concat(Assets).Concat(Users).Concat(Accounts).Concat(Instruments).Concat(Orders).Concat(Book)
            .Concat(Balances).Concat(Sessions).Concat(Keys).Concat(ClientOrderIds).Concat(Proposals)
            .Concat(Drains).Concat(Members).Concat(ApiKeys).Concat(FeeTiers);
        return string.Concat(records.Select(record => $"{record}\n"));
    }

    private static string? Difference<T>(string name, IReadOnlyList<T> these, IReadOnlyList<T> those)
        where T : class, IEquatable<T>
    {
        for (var i = 0; i < Math.Max(these.Count, those.Count); i++)
        {
            var left = i < these.Count ? these[i] : null;
            var right = i < those.Count ? those[i] : null;
            if (left is null || !left.Equals(right))
            {
                return $"{name}[{i}]: {left?.ToString() ?? "none"} against {right?.ToString() ?? "none"}";
            }
        }

        return null;
    }
}

/// <summary>What is one for the whole exchange.</summary>
public sealed record ExchangeView(
    ulong AppliedIndex,
    long Outage,
    uint BehaviourVersion,
    ulong ConfigurationIndex,
    bool WithdrawalsHalted,
    ulong PolicyHash,
    ulong AcceptanceCount,
    ulong StampFloor,
    ulong SystemSequence,
    ulong LedgerSequence);

/// <summary>An asset with the totals of its counter-accounts.</summary>
public sealed record AssetView(
    uint Id, ulong Code, byte Scale, Int128 Deposits, Int128 Withdrawals, Int128 Adjustments);

/// <summary>A user, and the keys of its commands without an account.</summary>
public sealed record UserView(uint Id, uint Roles, bool Enabled, int Keys);

/// <summary>
/// An account. The rate count is what counts in the window of the last entry; the deadline is service time or zero.
/// </summary>
public sealed record AccountView(
    uint Id,
    uint Owner,
    uint Group,
    uint Tier,
    uint Freeze,
    long DeadManDeadline,
    long RateCount,
    int OpenOrders,
    int Keys,
    int StaffKeys,
    int ClientOrderIds);

/// <summary>A balance of one account in one asset.</summary>
public sealed record BalanceView(uint Account, uint Asset, Int128 Available, Int128 Held);

/// <summary>
/// An instrument. The counts are those of the windows of the last entry; breaker end is zero where none is pending.
/// </summary>
public sealed record InstrumentView(
    uint Id,
    UInt128 Symbol,
    uint BaseAsset,
    uint QuoteAsset,
    long LotUnits,
    long NotionalUnits,
    SymbolMode Mode,
    long LastPrice,
    long ReferencePrice,
    long ReferenceTime,
    long BreakerEnd,
    long Continuation,
    SymbolMode NextMode,
    long ThrottleCount,
    long ViolationCount,
    ulong PolicyHash,
    ulong Sequence);

/// <summary>An open order. F and R are the sums of rate × notional of the contract.</summary>
public sealed record OrderView(
    ulong Id,
    UInt128 ClientOrderId,
    uint Account,
    uint Instrument,
    Side Side,
    OrderType Type,
    TimeInForce TimeInForce,
    SelfTradePrevention Prevention,
    bool PostOnly,
    bool Waiting,
    long Price,
    long StopPrice,
    long ExpiresAt,
    long Quantity,
    long Open,
    long Shown,
    long Display,
    long Executed,
    int MakerRate,
    int TakerRate,
    Int128 F,
    Int128 R,
    Int128 Hold,
    CancelReason WaitingCancel);

/// <summary>An order's place in the book.</summary>
public sealed record BookView(uint Instrument, Side Side, int Rank, ulong Order, long Price, long Shown);

/// <summary>A session. The deadline is service time, or zero where no grace runs.</summary>
public sealed record SessionView(
    uint Id, uint Account, uint User, ulong Next, long Grace, bool Connected, long GraceDeadline);

/// <summary>A remembered or fenced command id, and at which account or user it counts.</summary>
public sealed record KeyView(
    UInt128 CommandId, uint Account, uint User, ulong Stamp, long Deadline, bool Fenced, ulong Fingerprint);

/// <summary>A remembered client order id.</summary>
public sealed record ClientOrderIdView(uint Account, UInt128 ClientOrderId, ulong Order, long Deadline);

/// <summary>An undecided adjustment.</summary>
public sealed record ProposalView(
    uint Id, uint Account, uint Asset, Int128 Amount, UInt128 Reference, uint Proposer);

/// <summary>A registered drain.</summary>
public sealed record DrainView(uint Id, ulong Token, ulong Cursor);

/// <summary>What a member announced.</summary>
public sealed record MemberView(
    uint Id, uint Incarnation, uint VersionMax, bool AnnouncedVoter, bool ConfiguredVoter);

/// <summary>An API key, revoked ones too.</summary>
public sealed record ApiKeyView(UInt128 ApiKey, uint Account, uint Permissions, long ExpiresAt, bool Revoked);

/// <summary>The rates of one tier.</summary>
public sealed record FeeTierView(uint Schedule, uint Tier, int MakerRate, int TakerRate);
