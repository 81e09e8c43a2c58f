using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>Reads the lines of staff, gateways and drains.</summary>
internal sealed class StaffLines(ScenarioWorld world)
{
    private readonly PolicyLines _policies = new();

    /// <summary>Gives the thing that the last line makes its name; to be called where it was made.</summary>
    public Action? Naming { get; private set; }

    /// <summary>The command of a line; null where the line is not staff's.</summary>
    public Command? Read(Words words)
    {
        Naming = null;
        return Market(words) ?? Money(words) ?? People(words) ?? Service(words);
    }

    private Command? Market(Words words)
    {
        switch (words.Peek)
        {
            case "mode":
                words.Take();
                var mode = words.Name<SymbolMode>();
                var market = On(words);
                var reason = words.TakeIf("reason") ? (ushort)words.Number() : (ushort)0;
                return StaffCommands.SetMode(market, mode, reason);
            case "reference":
                words.Take();
                var price = (long)words.Number();
                return StaffCommands.SetReference(On(words), price);
            case "policy":
                words.Take();
                var instrument = On(words);
                return StaffCommands.SetPolicy(instrument, _policies.Instrument(words, instrument));
            case "global":
                words.Take();
                return StaffCommands.SetPolicy(_policies.Global(words));
            case "fees":
                words.Take();
                return Fees(words);
            case "asset":
                words.Take();
                var code = words.Take();
                Naming = () => world.AddAsset(code);
                return StaffCommands.CreateAsset(code, (byte)words.Number());
            case "instrument":
                words.Take();
                return Instrument(words);
            default:
                return null;
        }
    }

    // fees maker -100 taker 200 [tier 1] [schedule 2]
    private static Command Fees(Words words)
    {
        words.Expect("maker");
        var maker = (int)words.Number();
        words.Expect("taker");
        var taker = (int)words.Number();
        var tier = words.TakeIf("tier") ? (uint)words.Number() : 0;
        return StaffCommands.SetFees(words.TakeIf("schedule") ? (uint)words.Number() : 0, tier, maker, taker);
    }

    // instrument DOGE-KRW of DOGE for KRW lot 1000 notional 7 [mode auction]
    private Command Instrument(Words words)
    {
        var symbol = words.Take();
        words.Expect("of");
        var baseAsset = world.Asset(words.Take());
        words.Expect("for");
        var quoteAsset = world.Asset(words.Take());
        var lot = words.TakeIf("lot") ? (long)words.Number() : 1;
        var notional = words.TakeIf("notional") ? (long)words.Number() : 1;
        var mode = words.TakeIf("mode") ? words.Name<SymbolMode>() : SymbolMode.Normal;
        Naming = () => world.AddInstrument(symbol, baseAsset, quoteAsset);
        return StaffCommands.CreateInstrument(symbol, baseAsset, quoteAsset, lot, notional, mode);
    }

    private Command? Money(Words words)
    {
        switch (words.Peek)
        {
            case "deposit" or "withdraw" or "propose":
                var verb = words.Take();
                var account = world.Account(words.Take());
                var amount = words.Number();
                var asset = world.Asset(words.Take());
                var reference = words.TakeIf("reference") ? (UInt128)words.Number() : 0;
                return verb switch
                {
                    "deposit" => StaffCommands.Deposit(account, asset, amount, reference),
                    "withdraw" => StaffCommands.Withdraw(account, asset, amount, reference),
                    _ => StaffCommands.ProposeAdjustment(account, asset, amount, reference),
                };
            case "approve" or "decline":
                var approve = words.Take() == "approve";
                return StaffCommands.DecideAdjustment((uint)words.Number(), approve);
            case "halt-withdrawals" or "allow-withdrawals":
                return StaffCommands.HaltWithdrawals(words.Take() == "halt-withdrawals");
            case "set":
                words.Take();
                return SetAccount(words);
            default:
                return null;
        }
    }

    // set alice [freeze trading|withdrawals|both] [group 7] [tier 1]
    private Command SetAccount(Words words)
    {
        var account = world.Account(words.Take());
        var freeze = AccountFreeze.None;
        if (words.TakeIf("freeze"))
        {
            freeze = words.TakeIf("both")
                ? AccountFreeze.Trading | AccountFreeze.Withdrawals
                : words.Name<AccountFreeze>();
        }

        var group = words.TakeIf("group") ? (uint)words.Number() : 0;
        return StaffCommands.SetAccount(account, freeze, group, words.TakeIf("tier") ? (uint)words.Number() : 0);
    }

    private Command? People(Words words)
    {
        switch (words.Peek)
        {
            case "open-account":
                words.Take();
                var name = words.Take();
                words.Expect("of");
                var owner = world.User(words.Take());
                Naming = () => world.AddAccount(name, owner);
                return StaffCommands.OpenAccount(owner);
            case "create-user":
                words.Take();
                var newUser = words.Take();
                Naming = () => world.AddUser(newUser);
                return StaffCommands.CreateUser(words.Name<Roles>());
            case "set-user":
                words.Take();
                var user = world.User(words.Take());
                return StaffCommands.SetUser(user, words.Name<Roles>(), enabled: !words.TakeIf("disabled"));
            case "create-key":
                words.Take();
                return StaffCommands.CreateApiKey(world.Account(words.Take()), (UInt128)words.Number());
            case "revoke-key":
                words.Take();
                return StaffCommands.RevokeApiKey(world.Account(words.Take()), (UInt128)words.Number());
            default:
                return null;
        }
    }

    private Command? Service(Words words)
    {
        switch (words.Peek)
        {
            case "connect" or "disconnect":
                var connected = words.Take() == "connect";
                return ServiceCommands.SetConnection(new SessionId((uint)words.Number()), connected);
            case "claim-drain":
                words.Take();
                return ServiceCommands.ClaimDrain((uint)words.Number());
            case "advance-drain":
                words.Take();
                var drain = (uint)words.Number();
                words.Expect("token");
                var token = (ulong)words.Number();
                words.Expect("to");
                return ServiceCommands.AdvanceDrain(drain, token, (ulong)words.Number());
            case "drop-drain":
                words.Take();
                return ServiceCommands.DropDrain((uint)words.Number());
            case "announce":
                words.Take();
                var member = (uint)words.Number();
                words.Expect("version");
                var version = (uint)words.Number();
                return ServiceCommands.AnnounceBehaviour(member, version, words.TakeIf("voter"));
            case "raise":
                words.Take();
                return ServiceCommands.RaiseBehaviour((uint)words.Number());
            default:
                return null;
        }
    }

    private InstrumentId On(Words words) =>
        words.TakeIf("on") ? world.Instrument(words.Take()) : ScenarioWorld.MainInstrument;
}
