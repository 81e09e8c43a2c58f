using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Local;

/// <summary>A trader of the demo.</summary>
/// <param name="Name">Whom the help speaks of.</param>
/// <param name="User">The user in the exchange.</param>
/// <param name="Account">The account, funded.</param>
internal sealed record DemoTrader(string Name, UserId User, AccountId Account);

/// <summary>
/// Two instruments, two funded traders. A lot is a thousandth of a coin and a tick a thousand won, so that one lot at
/// one tick costs one won.
/// </summary>
internal sealed class DemoMarket
{
    private const byte CoinScale = 8;
    private const long CoinUnits = 100_000_000;
    private const long LotUnits = CoinUnits / 1_000;

    private static readonly string[] _coins = ["BTC", "ETH"];
    private static readonly string[] _names = ["alice", "bob"];

    private DemoMarket(IReadOnlyList<DemoTrader> traders) => Traders = traders;

    /// <summary>Who trades.</summary>
    public IReadOnlyList<DemoTrader> Traders { get; }

    /// <summary>Makes the market where it is not there yet.</summary>
    /// <param name="cluster">The way there, as root.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The market.</returns>
    public static async Task<DemoMarket> OpenAsync(ClusterClient cluster, CancellationToken cancellation)
    {
        var reply = await cluster.QueryAsync(new QueryHeader { Kind = QueryKind.Instruments }, cancellation);
        if (reply.Kind != ClientMessageKind.Answer)
        {
            throw new LocalException($"The cluster does not tell its instruments: {reply.Refusal.Code}.");
        }

        // Instruments are made last: where the last one is there, so is everything. The house is account 1 and root is
        // user 1; the demo is the first to make others.
        if (reply.Answer.Count < _coins.Length)
        {
            await MakeAsync(cluster, cancellation);
        }

        return new DemoMarket(
            [.. _names.Select((name, i) => new DemoTrader(name, new UserId((uint)i + 2), new AccountId((uint)i + 2)))]);
    }

    private static async Task MakeAsync(ClusterClient cluster, CancellationToken cancellation)
    {
        var won = await AddAssetAsync(cluster, "KRW", scale: 0, cancellation);
        var coins = new AssetId[_coins.Length];
        for (var i = 0; i < coins.Length; i++)
        {
            coins[i] = await AddAssetAsync(cluster, _coins[i], CoinScale, cancellation);
        }

        foreach (var _ in _names)
        {
            var user = new CreateUser { Roles = (uint)Roles.Trader };
            var made = await cluster.ExecuteAsync(CommandKind.CreateUser, user, default, cancellation);
            var opening = new OpenAccount { Owner = new UserId((uint)made.Id) };
            var opened = await cluster.ExecuteAsync(CommandKind.OpenAccount, opening, default, cancellation);
            var account = new AccountId((uint)opened.Id);
            await FundAsync(cluster, account, won, 10_000_000_000, cancellation);
            foreach (var coin in coins)
            {
                await FundAsync(cluster, account, coin, 1_000 * CoinUnits, cancellation);
            }
        }

        for (var i = 0; i < coins.Length; i++)
        {
            var isText = SymbolText.TryParse($"{_coins[i]}-KRW", out var symbol, out _);
            Invariant.Check(isText);
            var instrument = new CreateInstrument
            {
                Symbol = symbol,
                BaseAsset = coins[i],
                QuoteAsset = won,
                LotUnits = LotUnits,
                NotionalUnits = 1,
                Mode = SymbolMode.Normal,
            };
            await cluster.ExecuteAsync(CommandKind.CreateInstrument, instrument, default, cancellation);
        }
    }

    private static async Task<AssetId> AddAssetAsync(
        ClusterClient cluster, string text, byte scale, CancellationToken cancellation)
    {
        var isText = AssetText.TryParse(text, out var code, out _);
        Invariant.Check(isText);
        var creation = new CreateAsset { Code = code, Scale = scale };
        var made = await cluster.ExecuteAsync(CommandKind.CreateAsset, creation, default, cancellation);
        return new AssetId((uint)made.Id);
    }

    private static async Task FundAsync(
        ClusterClient cluster, AccountId account, AssetId asset, long units, CancellationToken cancellation)
    {
        var deposit = new Deposit { Asset = asset, Amount = new Amount(units) };
        await cluster.ExecuteAsync(CommandKind.Deposit, deposit, account, cancellation);
    }
}
