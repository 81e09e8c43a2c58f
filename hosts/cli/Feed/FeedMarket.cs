using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Feed;

/// <summary>Sends a command that needs an identity, and gives it one.</summary>
internal delegate Task<CommandResult> SendFeedCommand(byte[] command);

/// <summary>A market of a stream's own: an instrument, and accounts with money and a session each.</summary>
internal sealed record FeedMarket(InstrumentId Instrument, AccountId[] Accounts, SessionId[] Sessions)
{
    private const long Second = 1_000_000_000;
    private static readonly Amount _funds = new(Int128.One << 95);

    /// <summary>
    /// What streams need of the global policy: no limits of accounts, and short memories, since finished orders are not
    /// named again.
    /// </summary>
    public static GlobalPolicy Policy => DefaultPolicy.Global with
    {
        RateCount = uint.MaxValue,
        OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit,
        ClientOrderIdsMax = uint.MaxValue,
        ClientOrderIdRetention = Second,
    };

    /// <summary>Makes a market.</summary>
    public static async Task<FeedMarket> CreateAsync(
        SendFeedCommand send, string symbol, AssetId baseAsset, AssetId quoteAsset, uint owner, int accounts)
    {
        if (!SymbolText.TryParse(symbol, out var code, out var error))
        {
            throw new InputException($"{symbol}: {error}.");
        }

        var instrument = new InstrumentId((uint)await MakeAsync(send, ClientCommand.Of(
            CommandKind.CreateInstrument,
            new CreateInstrument
            {
                Symbol = code,
                BaseAsset = baseAsset,
                QuoteAsset = quoteAsset,
                LotUnits = 1,
                NotionalUnits = 1,
            })));
        var policy = DefaultPolicy.Instrument with { OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit };
        await MakeAsync(send, ClientCommand.Of(
            CommandKind.SetInstrumentPolicy,
            new SetInstrumentPolicy { Policy = policy },
            instrument: instrument));
        var market = new FeedMarket(instrument, new AccountId[accounts], new SessionId[accounts]);
        for (var i = 0; i < accounts; i++)
        {
            var account = new AccountId((uint)await MakeAsync(
                send, ClientCommand.Of(CommandKind.OpenAccount, new OpenAccount { Owner = new UserId(owner) })));
            foreach (var asset in new[] { baseAsset, quoteAsset })
            {
                var deposit = new Deposit { Asset = asset, Amount = _funds };
                await MakeAsync(send, ClientCommand.Of(CommandKind.Deposit, deposit, account));
            }

            market.Accounts[i] = account;
            market.Sessions[i] = new SessionId((uint)await MakeAsync(
                send, ClientCommand.Of(CommandKind.OpenSession, default(OpenSession), account)));
        }

        return market;
    }

    /// <summary>Makes one thing.</summary>
    /// <returns>Its number.</returns>
    public static async Task<ulong> MakeAsync(SendFeedCommand send, byte[] command)
    {
        var result = await send(command);
        return result.Code == RejectCode.None
            ? result.Id
            : throw new InputException($"{EnumText.NameOf(result.Kind)} is refused: {EnumText.NameOf(result.Code)}. "
                + "The feed makes its own market: it needs a user with every role (--user 1), owner of its accounts.");
    }
}
