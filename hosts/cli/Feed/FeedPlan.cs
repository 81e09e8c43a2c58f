using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Feed;

/// <summary>
/// Turns a stream into commands, batch by batch, with what each must be answered: a machine of its own decides them
/// first. A batch is one submission, so it enters the log whole and in order or not at all; no session has more in it
/// than its window remembers, so a batch that was repeated is answered as the first time.
/// </summary>
internal sealed class FeedPlan
{
    /// <summary>Most commands of a batch.</summary>
    public const int CommandsMax = 4096;

    // Replies that a session remembers.
    private const int SessionWindow = 64;
    private static readonly UInt128 _noOrder = UInt128.MaxValue;

    private readonly LocalExchange _local = new();
    private readonly FeedMarket _market;
    private readonly FeedMarket _cluster;
    private readonly FeedMessage[] _messages;
    private readonly ulong[] _numbers;
    private readonly int[] _inBatch;
    private readonly Dictionary<ulong, FeedOrder> _ofSender = [];
    private readonly Dictionary<ulong, FeedOrder> _byId = [];
    private readonly OutputBuffer _bytes = new(1 << 20);
    private readonly List<CommandResult> _expected = [];
    private int _next;
    private ulong _orders;
    private int _turn;

    private FeedPlan(FeedMessage[] messages, FeedMarket cluster, LocalExchange local, FeedMarket market)
    {
        _messages = messages;
        _cluster = cluster;
        (_local, _market) = (local, market);
        _numbers = new ulong[cluster.Accounts.Length];
        _inBatch = new int[cluster.Accounts.Length];
    }

    /// <summary>The report that the events of the stream must add up to.</summary>
    public MatchingReport Report { get; } = new();

    /// <summary>The batch, back to back.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>What each command of it must be answered.</summary>
    public IReadOnlyList<CommandResult> Expected => _expected;

    /// <summary>Messages taken so far.</summary>
    public int Taken => _next;

    /// <summary>Makes a plan for a market of the cluster.</summary>
    public static async Task<FeedPlan> CreateAsync(FeedMessage[] messages, FeedMarket cluster)
    {
        var local = new LocalExchange();
        Task<CommandResult> Send(byte[] command) => Task.FromResult(local.Keyed(command));
        var policy = ClientCommand.Of(
            CommandKind.SetGlobalPolicy, new SetGlobalPolicy { Policy = FeedMarket.Policy });
        await FeedMarket.MakeAsync(Send, policy);
        var assets = await FeedAssets.CreateAsync(Send);
        var market = await FeedMarket.CreateAsync(
            Send, "F1-FEED", assets.Base, assets.Quote, UserId.Root.Value, cluster.Accounts.Length);
        return new FeedPlan(messages, cluster, local, market);
    }

    /// <summary>Makes the next batch.</summary>
    /// <param name="countMax">Most commands.</param>
    /// <returns>False at the end of the stream.</returns>
    public bool TryNext(int countMax)
    {
        _bytes.Clear();
        _expected.Clear();
        Array.Clear(_inBatch);
        while (_next < _messages.Length && _expected.Count < Math.Min(countMax, CommandsMax)
            && TryAccount(in _messages[_next], out var account))
        {
            Plan(in _messages[_next++], account);
        }

        Bytes = _bytes.Written.ToArray();
        return _expected.Count > 0;
    }

    // New orders go from account to account; the others go where their order is.
    private bool TryAccount(in FeedMessage message, out int account)
    {
        if (message.Kind != FeedKind.New)
        {
            account = _ofSender.TryGetValue(message.OrderId, out var order) ? order.Account : 0;
            return _inBatch[account] < SessionWindow;
        }

        for (var tried = 0; tried < _inBatch.Length; tried++)
        {
            account = (_turn + tried) % _inBatch.Length;
            if (_inBatch[account] < SessionWindow)
            {
                _turn = (account + 1) % _inBatch.Length;
                return true;
            }
        }

        account = 0;
        return false;
    }

    private void Plan(in FeedMessage message, int account)
    {
        var command = CommandOf(in message, account);
        ref var header = ref ClientCommand.HeaderOf(command);
        header.Correlation = new UInt128(message.Sequence, message.OrderId);
        ClientCommand.Number(command, _market.Sessions[account], ++_numbers[account]);
        _expected.Add(_local.Apply(command));
        _inBatch[account]++;
        Follow(account);

        // The same command as the cluster knows it.
        header.User = default;
        header.Account = _cluster.Accounts[account];
        header.Instrument = _cluster.Instrument;
        header.Session = _cluster.Sessions[account];
        _bytes.Append((ReadOnlySpan<byte>)command);
    }

    private byte[] CommandOf(in FeedMessage message, int account)
    {
        var (who, market) = (_market.Accounts[account], _market.Instrument);
        if (message.Kind == FeedKind.New)
        {
            return ClientCommand.Of(
                CommandKind.PlaceOrder,
                new PlaceOrder
                {
                    Side = message.Side,
                    Price = new Price(message.Price),
                    Quantity = new Quantity(message.Quantity),
                    TimeInForce = message.IsImmediate ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTillCancel,
                    ClientOrderId = ++_orders,
                },
                who,
                market);
        }

        var order = _ofSender.GetValueOrDefault(message.OrderId, new FeedOrder { ClientOrderId = _noOrder });
        var isCancelled = message.Kind == FeedKind.Reduce && order.Open == message.Quantity;
        if (message.Kind == FeedKind.Cancel || isCancelled)
        {
            var cancel = new CancelOrder { ClientOrderId = order.ClientOrderId };
            return ClientCommand.Of(CommandKind.CancelOrder, cancel, who, market);
        }

        if (message.Kind == FeedKind.Reduce)
        {
            var left = new Quantity(Math.Max(1, order.Total - message.Quantity));
            var amend = new AmendOrder { ClientOrderId = order.ClientOrderId, Quantity = left };
            return ClientCommand.Of(CommandKind.AmendOrder, amend, who, market);
        }

        var replace = new ReplaceOrder
        {
            ClientOrderId = order.ClientOrderId,
            Price = new Price(message.Price),
            Quantity = new Quantity(order.Total - order.Open + message.Quantity),
        };
        return ClientCommand.Of(CommandKind.ReplaceOrder, replace, who, market);
    }

    private void Follow(int account)
    {
        var reader = new EventReader(_local.Events);
        while (reader.TryRead(out var happened))
        {
            Report.Tell(in happened);
            switch (happened.Kind)
            {
                case EventKind.OrderAccepted:
                    Accept(in happened.As<OrderAccepted>(), (ulong)(happened.CorrelationId & ulong.MaxValue), account);
                    break;
                case EventKind.TradeExecuted:
                    ref readonly var trade = ref happened.As<TradeExecuted>();
                    _byId[trade.MakerOrderId.Value].Open -= trade.Quantity.Lots;
                    _byId[trade.TakerOrderId.Value].Open -= trade.Quantity.Lots;
                    break;
                case EventKind.OrderCancelled:
                    _byId[happened.As<OrderCancelled>().OrderId.Value].Open = 0;
                    break;
                case EventKind.OrderAmended or EventKind.OrderReplaced:
                    ref readonly var changed = ref happened.As<OrderChanged>();
                    var order = _byId[changed.OrderId.Value];
                    (order.Total, order.Open) = (changed.Quantity.Lots, changed.Remaining.Lots);
                    break;
            }
        }

        Report.TellModified();
    }

    private void Accept(in OrderAccepted accepted, ulong senderId, int account)
    {
        var order = new FeedOrder
        {
            ClientOrderId = accepted.ClientOrderId,
            Account = account,
            Total = accepted.Quantity.Lots,
            Open = accepted.Quantity.Lots,
        };
        _byId[accepted.OrderId.Value] = order;
        _ofSender[senderId] = order;
    }

    private sealed class FeedOrder
    {
        public UInt128 ClientOrderId;
        public int Account;
        public long Total;
        public long Open;
    }
}
