using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Queries;

/// <summary>
/// Reads the state and changes nothing. Every answer is as of the last entry applied. On the thread that applies: the
/// state is nobody else's.
/// </summary>
/// <param name="machine">The exchange.</param>
public sealed class ExchangeQueries(ExchangeMachine machine)
{
    private readonly ExchangeState _state = machine.State;

    /// <summary>Where the state stands.</summary>
    public StateAnswer State => new()
    {
        Index = _state.Globals.Index,
        Term = _state.Globals.Term,
        Timestamp = _state.Globals.Timestamp,
        StateHash = machine.StateHash,
        EventChainHash = _state.Globals.EventChainHash,
        OrdersAccepted = _state.Globals.OrdersAccepted,
        BehaviourVersion = _state.Globals.BehaviourVersion,
        Epoch = _state.Globals.Epoch,
    };

    /// <summary>
    /// Changes with every command that may have changed a right: as long as it stays the same, so do users, roles,
    /// owners and keys, but for keys that expire.
    /// </summary>
    public ulong AuthorityVersion => _state.AuthorityVersion;

    /// <summary>Roles of a user.</summary>
    /// <param name="user">The user.</param>
    /// <returns>None where it does not exist or is disabled.</returns>
    public Roles RolesOf(uint user)
    {
        if (user == 0 || user > _state.Globals.Users)
        {
            return default;
        }

        ref readonly var record = ref _state.Users.At((int)user);
        return record.Enabled != 0 ? record.Roles : default;
    }

    /// <summary>Who owns an account.</summary>
    /// <param name="account">The account.</param>
    /// <returns>Zero where it does not exist.</returns>
    public uint OwnerOf(uint account) => Exists(account) ? _state.Accounts.At((int)account).Owner : 0;

    /// <summary>Looks an API key up.</summary>
    /// <param name="key">Its public part.</param>
    /// <param name="digest0">SHA-256 of the secret shown, first half.</param>
    /// <param name="digest1">Its second half.</param>
    /// <param name="now">Now, as log time.</param>
    /// <param name="account">The account it acts on.</param>
    /// <param name="permissions">Bits: 1 read, 2 trade.</param>
    /// <returns>False where it is unknown, revoked, expired, or the secret is another.</returns>
    public bool TryApiKey(
        UInt128 key, UInt128 digest0, UInt128 digest1, long now, out uint account, out uint permissions)
    {
        account = 0;
        permissions = 0;
        var slot = key == 0 ? -1 : _state.FindApiKey(key);
        if (slot < 0)
        {
            return false;
        }

        ref readonly var record = ref _state.ApiKeys.At(slot);

        // One expression over both halves: how much of a guess was right does not show in the time it takes.
        var difference = (record.SecretDigest0 ^ digest0) | (record.SecretDigest1 ^ digest1);
        if (difference != 0 || record.Revoked != 0 || (record.ExpiresAt != 0 && record.ExpiresAt <= now))
        {
            return false;
        }

        account = record.Account;
        permissions = record.Permissions;
        return true;
    }

    /// <summary>A session.</summary>
    /// <param name="session">Its number.</param>
    /// <param name="answer">The session.</param>
    /// <returns>False where there is none.</returns>
    public bool TrySession(uint session, out SessionAnswer answer)
    {
        answer = default;
        var slot = session == 0 ? -1 : _state.FindSession(session);
        if (slot < 0)
        {
            return false;
        }

        ref readonly var record = ref _state.Sessions.At(slot);
        answer = new SessionAnswer
        {
            Session = new SessionId(record.Id),
            Account = new AccountId(record.Account),
            User = new UserId(record.User),
            Next = record.Next,
        };
        return true;
    }

    /// <summary>For how long a session's orders stay after its connection broke.</summary>
    /// <param name="session">Its number.</param>
    /// <returns>Nanoseconds; zero where they stay for good, or there is no such session.</returns>
    public long GraceOf(uint session)
    {
        var slot = session == 0 ? -1 : _state.FindSession(session);
        return slot < 0 ? 0 : _state.Sessions.At(slot).Grace;
    }

    /// <summary>The sessions whose orders do not stay for good after their connection broke.</summary>
    /// <returns>Their numbers.</returns>
    public IReadOnlyList<uint> SessionsWithGrace()
    {
        var sessions = new List<uint>();
        for (var slot = 0; slot < _state.SessionSlots.Limit; slot++)
        {
            if (_state.SessionSlots.Contains(slot) && _state.Sessions.At(slot).Grace != 0)
            {
                sessions.Add(_state.Sessions.At(slot).Id);
            }
        }

        return sessions;
    }

    /// <summary>An open order.</summary>
    /// <param name="order">Its id.</param>
    /// <param name="answer">The order.</param>
    /// <returns>False where it is not open, or never was.</returns>
    public bool TryOrder(ulong order, out OrderAnswer answer)
    {
        answer = default;
        var slot = order == 0 ? -1 : _state.FindOrder(order);
        if (slot < 0)
        {
            return false;
        }

        answer = AnswerOf(slot);
        return true;
    }

    /// <summary>An account's open orders, in order of acceptance.</summary>
    /// <param name="account">The account.</param>
    /// <param name="after">The last one already known; zero for none.</param>
    /// <param name="countMax">Most rows.</param>
    /// <param name="output">Receives <see cref="OrderAnswer"/> rows.</param>
    /// <param name="hasMore">Whether there are further ones.</param>
    /// <returns>How many rows were written.</returns>
    public uint OpenOrders(uint account, ulong after, uint countMax, OutputBuffer output, out bool hasMore)
    {
        hasMore = false;
        var count = 0u;
        if (!Exists(account))
        {
            return 0;
        }

        // The list's links are slot + 1, zero ends it.
        for (var next = _state.Accounts.At((int)account).FirstOrder; next != 0;
            next = _state.Orders.At(next - 1).Terms.AccountNext)
        {
            var slot = next - 1;
            if (_state.Orders.At(slot).Id <= after)
            {
                continue;
            }

            if (count == countMax)
            {
                hasMore = true;
                break;
            }

            output.Append<OrderAnswer>() = AnswerOf(slot);
            count++;
        }

        return count;
    }

    /// <summary>What an account has, by asset.</summary>
    /// <param name="account">The account.</param>
    /// <param name="output">Receives <see cref="BalanceAnswer"/> rows.</param>
    /// <returns>How many rows were written.</returns>
    public uint Balances(uint account, OutputBuffer output)
    {
        var count = 0u;
        for (var asset = 1u; asset <= _state.Globals.Assets && Exists(account); asset++)
        {
            var slot = _state.FindBalance(account, asset);
            if (slot < 0)
            {
                continue;
            }

            ref readonly var balance = ref _state.Balances.At(slot);
            output.Append<BalanceAnswer>() = new BalanceAnswer
            {
                Account = new AccountId(account),
                Asset = new AssetId(asset),
                Available = new Amount(balance.Available),
                Held = new Amount(balance.Held),
            };
            count++;
        }

        return count;
    }

    /// <summary>The book of an instrument: bids from the best, then asks from the best.</summary>
    /// <param name="instrument">The instrument.</param>
    /// <param name="levelsMax">Most levels of each side.</param>
    /// <param name="output">Receives <see cref="LevelAnswer"/> rows.</param>
    /// <returns>How many rows were written.</returns>
    public uint Book(uint instrument, uint levelsMax, OutputBuffer output)
    {
        if (!_state.HasInstrument(instrument))
        {
            return 0;
        }

        var book = _state.Books[instrument];
        return LevelsOf(book, Side.Buy, levelsMax, output) + LevelsOf(book, Side.Sell, levelsMax, output);
    }

    /// <summary>All instruments.</summary>
    /// <param name="output">Receives <see cref="InstrumentAnswer"/> rows.</param>
    /// <returns>How many rows were written.</returns>
    public uint Instruments(OutputBuffer output)
    {
        for (var number = 1u; number <= _state.Globals.Instruments; number++)
        {
            ref readonly var record = ref _state.Instruments.At((int)number);
            output.Append<InstrumentAnswer>() = new InstrumentAnswer
            {
                Instrument = new InstrumentId(number),
                BaseAsset = new AssetId(record.BaseAsset),
                QuoteAsset = new AssetId(record.QuoteAsset),
                Mode = record.Mode,
                Symbol = record.Symbol,
                LotUnits = record.LotUnits,
                NotionalUnits = record.NotionalUnits,
                LastPrice = new Price(record.LastPrice),
                ReferencePrice = new Price(record.ReferencePrice),
                Sequence = record.Sequence,
                OpenOrders = record.OpenOrders,
                StopOrders = record.StopOrders,
            };
        }

        return _state.Globals.Instruments;
    }

    /// <summary>All assets.</summary>
    /// <param name="output">Receives <see cref="AssetAnswer"/> rows.</param>
    /// <returns>How many rows were written.</returns>
    public uint Assets(OutputBuffer output)
    {
        for (var number = 1u; number <= _state.Globals.Assets; number++)
        {
            ref readonly var record = ref _state.Assets.At((int)number);
            output.Append<AssetAnswer>() = new AssetAnswer
            {
                Asset = new AssetId(number),
                Scale = record.Scale,
                Code = record.Code,
                Deposits = new Amount(record.Deposits),
                Withdrawals = new Amount(record.Withdrawals),
                Adjustments = new Amount(record.Adjustments),
            };
        }

        return _state.Globals.Assets;
    }

    /// <summary>What the next decision about an account on an instrument would look at.</summary>
    /// <param name="account">The account; zero for none.</param>
    /// <param name="instrument">The instrument; zero for none.</param>
    /// <returns>The inputs.</returns>
    public DecisionInputs InputsOf(uint account, uint instrument)
    {
        var hasInstrument = _state.HasInstrument(instrument);
        var market = hasInstrument ? _state.Instruments.At((int)instrument) : default;
        var policy = hasInstrument ? _state.Policies.At((int)instrument).Policy : default;
        var who = Exists(account) ? _state.Accounts.At((int)account) : default;
        var fees = hasInstrument && Exists(account)
            ? _state.FeeTiers.At((int)((policy.FeeSchedule * FeeTier.Tiers) + who.Tier))
            : default;
        return new DecisionInputs
        {
            Timestamp = _state.Globals.Timestamp,
            GlobalPolicy = _state.Globals.Policy,
            WithdrawalsHalted = _state.Globals.WithdrawalsHalted != 0,
            Policy = policy,
            PolicyHash = hasInstrument ? market.PolicyHash : _state.GlobalPolicyHash,
            ReferenceAt = market.ReferenceAt,
            ThrottleWindow = market.ThrottleWindow,
            ThrottleCount = market.ThrottleCount,
            ViolationWindow = market.ViolationWindow,
            Violations = market.Violations,
            MakerRate = fees.MakerRate,
            TakerRate = fees.TakerRate,
            Owner = who.Owner,
            Group = who.Group,
            Tier = who.Tier,
            Freeze = who.Freeze,
            RateWindow = who.RateWindow,
            RateCount = who.RateCount,
            OpenOrders = who.OpenOrders,
            ClientOrderIds = who.ClientOrderIds,
        };
    }

    private static uint LevelsOf(OrderBook book, Side side, uint levelsMax, OutputBuffer output)
    {
        var level = side == Side.Buy ? book.Bids.Best : book.Asks.Best;
        var count = 0u;
        for (; level >= 0 && count < levelsMax; level = book.Worse(side, level))
        {
            ref readonly var found = ref book.Level(level);
            output.Append<LevelAnswer>() = new LevelAnswer
            {
                Price = new Price(found.Price),
                Visible = new Quantity(found.Visible),
                Orders = (uint)found.Orders,
                Side = side,
            };
            count++;
        }

        return count;
    }

    private bool Exists(uint account) => _state.HasAccount(account);

    private OrderAnswer AnswerOf(int slot)
    {
        ref readonly var order = ref _state.Orders.At(slot);
        ref readonly var terms = ref _state.Orders.At(slot).Terms;
        return new OrderAnswer
        {
            Order = new OrderId(order.Id),
            Price = new Price(order.Price),
            StopPrice = new Price(terms.StopPrice),
            Quantity = new Quantity(terms.Quantity),
            Remaining = new Quantity(order.Open),
            Visible = new Quantity(order.IsWaiting ? 0 : order.Visible),
            ExpiresAt = terms.ExpiresAt,
            Hold = new Amount(terms.Hold),
            ClientOrderId = terms.ClientOrderId,
            Account = new AccountId(order.Account),
            Instrument = new InstrumentId(order.Instrument),
            Side = order.Side,
            Type = terms.Type,
            TimeInForce = terms.TimeInForce,
            SelfTradePrevention = terms.SelfTradePrevention,
            PostOnly = terms.PostOnly,
            Waiting = (byte)(order.IsWaiting ? 1 : 0),
        };
    }
}
