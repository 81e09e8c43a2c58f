using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>How every generated workload begins: markets, users, accounts and money to play with.</summary>
internal static class Prologue
{
    /// <summary>Users after the prologue, the root included.</summary>
    public const int Users = 14;

    /// <summary>Accounts of the house and of the traders.</summary>
    public const int Accounts = 8;

    private const long Second = 1_000_000_000;

    private static readonly Roles[] _roles =
    [
        Roles.Operator, Roles.RiskOfficer, Roles.Treasurer, Roles.Approver, Roles.Administrator, Roles.Service,
        Roles.Trader, Roles.Trader, Roles.Trader, Roles.Trader, Roles.Trader,
        Roles.Treasurer | Roles.Approver, Roles.None,
    ];

    private static readonly (string Code, byte Scale)[] _assets =
        [("BTC", 8), ("KRW", 0), ("ETH", 18), ("BIG", 0), ("MAX", 0)];

    // Owner, group, tier. The first trader has two accounts in one group with the third trader's.
    private static readonly (uint Owner, uint Group, uint Tier)[] _accounts =
        [(8, 7, 0), (9, 0, 0), (10, 7, 1), (8, 7, 0), (11, 0, 1), (12, 0, 2), (12, 0, 2)];

    /// <summary>Short memories, so that what must be forgotten is forgotten within a workload.</summary>
    public static GlobalPolicy GlobalPolicy => DefaultPolicy.Global with
    {
        KeyRetention = 10 * Second,
        ClientOrderIdRetention = 6 * Second,
        ClockLeadMax = Second,
        KeysMax = 2_000,
        ClientOrderIdsMax = 500,
        CheckpointInterval = 64,
        SessionsMax = 4,
    };

    public static IEnumerable<Command> Commands(int world)
    {
        var choices = new Digits(world);
        yield return StaffCommands.SetPolicy(GlobalPolicy);
        foreach (var roles in _roles)
        {
            yield return StaffCommands.CreateUser(roles);
        }

        foreach (var (code, scale) in _assets)
        {
            yield return StaffCommands.CreateAsset(code, scale);
        }

        const long Units = CreateInstrument.UnitsMax;
        yield return StaffCommands.CreateInstrument("BTC-KRW", new AssetId(1), new AssetId(2));
        yield return StaffCommands.CreateInstrument("ETH-KRW", new AssetId(3), new AssetId(2), 1_000, 7);
        yield return StaffCommands.CreateInstrument("ETH-BIG", new AssetId(3), new AssetId(4), Units, Units);
        // A rebate needs every taker rate of its schedule to bear it, those of tiers without accounts too.
        for (uint tier = 0; tier <= OpenAccount.TierMax; tier++)
        {
            yield return StaffCommands.SetFees(schedule: 1, tier, maker: 0, taker: 1_700);
        }

        foreach (var (schedule, tier, maker, taker) in Fees(choices.Next(3)))
        {
            yield return StaffCommands.SetFees(schedule, tier, maker, taker);
        }

        for (var i = 0; i < _accounts.Length; i++)
        {
            var (owner, group, tier) = _accounts[i];
            yield return StaffCommands.OpenAccount(new UserId(owner), group, tier);
            var account = new AccountId((uint)(i + 2));
            yield return StaffCommands.Deposit(account, new AssetId(1), 100_000);
            yield return StaffCommands.Deposit(account, new AssetId(2), i == 1 ? 100_000 : 200_000_000);
            yield return StaffCommands.Deposit(account, new AssetId(3), Int128.One << 80);
            yield return StaffCommands.Deposit(account, new AssetId(4), Int128.One << 106);
        }
    }

    private static (uint Schedule, uint Tier, int Maker, int Taker)[] Fees(int variant) => variant switch
    {
        0 => [(0, 0, 1_000, 2_000), (0, 1, 100, 500), (0, 2, 0, 100), (1, 0, -500, 1_500), (2, 0, 33_333, 66_667)],
        1 => [(0, 0, 0, 0), (1, 0, -1_700, 1_700), (2, 1, 99_999, 99_999), (3, 0, 50_000, 100_000)],
        _ =>
        [
            (1, 1, -7, 1_700), (1, 0, -1_699, 3_000), (0, 0, 25_000, 25_000), (0, 1, 7, 13), (0, 2, 2_000, 0),
            (3, 1, 5, 100_000),
        ],
    };
}
