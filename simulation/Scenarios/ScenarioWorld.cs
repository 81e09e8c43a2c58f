using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>
/// What stands before every scenario: one member of staff for each role, five traders with an account each (alice has
/// a second one), two markets without fees where one lot is one unit, and 1,000 of each coin and 100,000 KRW for all.
/// </summary>
public sealed class ScenarioWorld
{
    private static readonly string[] _traders = ["alice", "bob", "carol", "dave", "erin"];

    private static readonly (string Name, Roles Role)[] _staff =
    [
        ("operator", Roles.Operator), ("risk", Roles.RiskOfficer), ("treasurer", Roles.Treasurer),
        ("approver", Roles.Approver), ("admin", Roles.Administrator), ("service", Roles.Service),
    ];

    private readonly List<string> _users = ["", "root"];
    private readonly List<(string Name, UserId Owner)> _accounts = [("", default), ("house", UserId.Root)];
    private readonly List<string> _assets = ["", "BTC", "KRW", "ETH"];
    private readonly List<(string Symbol, AssetId Base, AssetId Quote)> _instruments =
    [
        ("", default, default),
        ("BTC-KRW", new AssetId(1), new AssetId(2)),
        ("ETH-KRW", new AssetId(3), new AssetId(2)),
    ];

    public ScenarioWorld()
    {
        _users.AddRange(_staff.Select(one => one.Name));
        _users.AddRange(_traders);
        _accounts.AddRange(_traders.Select(name => (name, User(name))));
        _accounts.Add(("alice2", User("alice")));
    }

    /// <summary>A world in which everybody and everything is called by number.</summary>
    public static ScenarioWorld Unnamed()
    {
        var world = new ScenarioWorld();
        world._users.Clear();
        world._accounts.Clear();
        world._assets.Clear();
        world._instruments.Clear();
        return world;
    }

    /// <summary>The instrument meant where a line names none.</summary>
    public static InstrumentId MainInstrument => new(1);

    public bool IsAccount(string name) => name.Length > 0 && _accounts.Exists(account => account.Name == name);

    public bool IsInstrument(string symbol) =>
        symbol.Length > 0 && _instruments.Exists(instrument => instrument.Symbol == symbol);

    public UserId User(string name) => Find(_users.IndexOf(name), name, number => new UserId(number));

    public AccountId Account(string name) =>
        Find(_accounts.FindIndex(account => account.Name == name), name, number => new AccountId(number));

    public AssetId Asset(string code) => Find(_assets.IndexOf(code), code, number => new AssetId(number));

    public InstrumentId Instrument(string symbol) => Find(
        _instruments.FindIndex(instrument => instrument.Symbol == symbol), symbol, number => new InstrumentId(number));

    public UserId OwnerOf(AccountId account) =>
        account.Value < _accounts.Count ? _accounts[(int)account.Value].Owner : UserId.Root;

    public UserId Staff(Roles role)
    {
        var name = _staff.FirstOrDefault(one => one.Role == role).Name;
        return name is null ? UserId.Root : User(name);
    }

    public string NameOf(AccountId account) =>
        account.Value < _accounts.Count ? _accounts[(int)account.Value].Name : $"account {account.Value}";

    public string NameOf(UserId user) => user.Value < _users.Count ? _users[(int)user.Value] : $"user {user.Value}";

    public string NameOf(AssetId asset) =>
        asset.Value < _assets.Count ? _assets[(int)asset.Value] : $"asset {asset.Value}";

    public string NameOf(InstrumentId instrument) => instrument.Value < _instruments.Count
        ? _instruments[(int)instrument.Value].Symbol
        : $"instrument {instrument.Value}";

    /// <summary>The asset that an order of a side holds.</summary>
    public string HeldBy(InstrumentId instrument, Side side)
    {
        if (instrument.Value >= _instruments.Count)
        {
            return side == Side.Buy ? "quote" : "base";
        }

        var (_, baseAsset, quoteAsset) = _instruments[(int)instrument.Value];
        return NameOf(side == Side.Buy ? quoteAsset : baseAsset);
    }

    /// <summary>A user, account, asset or instrument that a scenario made gets its name.</summary>
    public void AddUser(string name) => _users.Add(name);

    public void AddAccount(string name, UserId owner) => _accounts.Add((name, owner));

    public void AddAsset(string code) => _assets.Add(code);

    public void AddInstrument(string symbol, AssetId baseAsset, AssetId quoteAsset) =>
        _instruments.Add((symbol, baseAsset, quoteAsset));

    /// <summary>The commands that build the world, all by the root.</summary>
    public static IEnumerable<Command> Setup()
    {
        foreach (var (_, role) in _staff)
        {
            yield return StaffCommands.CreateUser(role);
        }

        foreach (var _ in _traders)
        {
            yield return StaffCommands.CreateUser(Roles.Trader);
        }

        yield return StaffCommands.CreateAsset("BTC", 8);
        yield return StaffCommands.CreateAsset("KRW", 0);
        yield return StaffCommands.CreateAsset("ETH", 8);
        yield return StaffCommands.CreateInstrument("BTC-KRW", new AssetId(1), new AssetId(2));
        yield return StaffCommands.CreateInstrument("ETH-KRW", new AssetId(3), new AssetId(2));
        var world = new ScenarioWorld();
        for (uint account = 2; account < world._accounts.Count; account++)
        {
            yield return StaffCommands.OpenAccount(world.OwnerOf(new AccountId(account)));
            yield return StaffCommands.Deposit(new AccountId(account), new AssetId(1), 1_000);
            yield return StaffCommands.Deposit(new AccountId(account), new AssetId(2), 100_000);
            yield return StaffCommands.Deposit(new AccountId(account), new AssetId(3), 1_000);
        }
    }

    private static T Find<T>(int place, string name, Func<uint, T> make)
    {
        if (uint.TryParse(name, out var number))
        {
            return make(number);
        }

        return place > 0 ? make((uint)place) : throw new FormatException($"nobody and nothing is called '{name}'");
    }
}
