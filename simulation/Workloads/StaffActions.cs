using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>Turns steps into the work of treasurers, administrators and services.</summary>
internal sealed class StaffActions(ObservedWorld world, OrderActions orders)
{
    /// <summary>The asset that only the limits of amounts are tried on.</summary>
    private const uint LimitsAsset = 5;

    public Command Deposit(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var size = new Digits(step.Size);
        var asset = Asset(ref size);
        var amount = asset.Value == LimitsAsset
            ? size.Pick<Int128>([1, Amount.Max.Units, Amount.Max.Units - 1, Amount.Max.Units / 2])
            : Sum(ref size, 1_000_000);
        return StaffCommands.Deposit(AnyAccount(ref who), asset, amount, (UInt128)step.Price);
    }

    public Command Withdraw(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var size = new Digits(step.Size);
        return StaffCommands.Withdraw(
            AnyAccount(ref who), Asset(ref size), Sum(ref size, 1_000_000), (UInt128)step.Price);
    }

    public Command Propose(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var size = new Digits(step.Size);
        var asset = Asset(ref size);
        var sign = size.Next(2) == 0 ? 1 : -1;
        var amount = asset.Value == LimitsAsset ? Amount.Max.Units / 3 : Sum(ref size, 10_000);
        return StaffCommands.ProposeAdjustment(AnyAccount(ref who), asset, sign * amount, (UInt128)step.Price);
    }

    public Command Decide(in WorkloadStep step)
    {
        var proposal = world.Proposals.Count == 0 || step.Shape % 12 == 11
            ? 77_777
            : world.Proposals[step.Size % world.Proposals.Count];
        return StaffCommands.DecideAdjustment(proposal, approve: step.Shape % 3 < 2);
    }

    public Command SetAccount(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var shape = new Digits(step.Shape);
        var freeze = shape.Next(16) switch
        {
            < 11 => AccountFreeze.None,
            < 12 => AccountFreeze.Trading,
            < 14 => AccountFreeze.Withdrawals,
            14 => AccountFreeze.Trading | AccountFreeze.Withdrawals,
            _ => (AccountFreeze)4,
        };
        var group = shape.Pick<uint>([0, 7, 0, 7, 8]);
        var tier = shape.Pick<uint>([0, 1, 2, 0, 1, 2, 0, 1, 2, 15, 16]);
        return StaffCommands.SetAccount(AnyAccount(ref who), freeze, group, tier);
    }

    public Command OpenAccount(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var owner = step.Who % 8 == 7 ? new UserId(4_000) : world.Users[step.Who % world.Users.Count].Id;
        return StaffCommands.OpenAccount(owner, shape.Pick<uint>([0, 7]), shape.Pick<uint>([0, 1, 2, 16]));
    }

    public Command CreateUser(in WorkloadStep step) =>
        StaffCommands.CreateUser(step.Shape % 12 == 11 ? (Roles)128 : (Roles)(step.Shape % 128));

    /// <summary>Takes roles from the users after the prologue's, or tries it with the root.</summary>
    public Command SetUser(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var later = world.Users.Count - Prologue.Users;
        var target = shape.Next(6) switch
        {
            4 => UserId.Root,
            5 => new UserId(4_000),
            _ when later > 0 => world.Users[Prologue.Users + (step.Size % later)].Id,
            _ => world.Users[^1].Id,
        };
        return StaffCommands.SetUser(
            target, shape.Pick<Roles>([Roles.Trader, Roles.All, Roles.None, (Roles)128]), enabled: shape.Next(4) != 3);
    }

    public Command CreateApiKey(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var shape = new Digits(step.Shape);
        UInt128 key = shape.Next(6) switch
        {
            4 => 0,
            5 when world.ApiKeys.Count > 0 => world.ApiKeys[step.Size % world.ApiKeys.Count].Key,
            _ => ((UInt128)world.Keys << 32) | (uint)step.Size,
        };
        var permissions = shape.Pick<uint>([3, 1, 2, 3, 1, 0, 4]);
        var expires = shape.Pick<long>([0, world.Now + 1, 0, 1, 0, -1]);
        return StaffCommands.CreateApiKey(AnyAccount(ref who), key, permissions, expires);
    }

    public Command RevokeApiKey(in WorkloadStep step)
    {
        if (world.ApiKeys.Count == 0 || step.Shape % 8 == 7)
        {
            return StaffCommands.RevokeApiKey(world.Accounts[^1].Id, (UInt128)step.Size + 1);
        }

        var key = world.ApiKeys[step.Size % world.ApiKeys.Count];
        return StaffCommands.RevokeApiKey(step.Shape % 8 == 6 ? AccountId.House : key.Account, key.Key);
    }

    public Command CreateAsset(in WorkloadStep step)
    {
        var code = (step.Shape % 10) switch
        {
            7 => "btc",
            8 => string.Empty,
            9 => "BTC",
            _ => $"X{step.Size % 10_000}",
        };
        var command = StaffCommands.CreateAsset(code, (byte)(step.Price % 20));
        if (step.Shape % 40 == 19)
        {
            command.As<CreateAsset>().Code = 0x41_00_41;
        }

        return command;
    }

    public Command CreateInstrument(in WorkloadStep step)
    {
        string[] symbols = ["AB", "A-", "btc-KRW", "A-B-C", "BTCKRW", "BTC-KRW", "-AB", "A--B"];
        var shape = new Digits(step.Shape);
        var wrong = shape.Next(3) == 2;
        var symbol = wrong && shape.Next(2) == 0 ? shape.Pick<string>(symbols) : $"Y{step.Size % 1_000}-KRW";
        var assets = new Digits(step.Price);
        var baseAsset = new AssetId(wrong ? (uint)assets.Next(8) : 1);
        var quoteAsset = new AssetId(wrong ? (uint)assets.Next(8) : 2);
        var units = wrong ? assets.Pick<long>([1, 0, -1, Contracts.Trading.CreateInstrument.UnitsMax + 1]) : 5;
        var mode = shape.Pick<SymbolMode>([SymbolMode.Normal, SymbolMode.Auction, SymbolMode.HardHalt]);
        return StaffCommands.CreateInstrument(symbol, baseAsset, quoteAsset, units, 3, mode);
    }

    public static Command ClaimDrain(in WorkloadStep step) => ServiceCommands.ClaimDrain((uint)(step.Size % 70));

    public Command AdvanceDrain(in WorkloadStep step)
    {
        if (world.Drains.Count == 0)
        {
            return ServiceCommands.AdvanceDrain((uint)(step.Size % 80), 1, 1);
        }

        var drain = world.Drains[step.Size % world.Drains.Count];
        var token = step.Shape % 6 == 5 ? drain.Token - 1 : drain.Token;
        var position = ((uint)step.Price % 8) switch
        {
            5 => drain.Position == 0 ? 0 : drain.Position - 1,
            6 => world.Index + 1,
            7 => world.Index + 2,
            _ => Math.Max(drain.Position, world.Index - Math.Min(world.Index, (ulong)(step.Price % 50))),
        };
        var number = step.Shape % 24 == 23 ? 4_000 : drain.Number;
        return ServiceCommands.AdvanceDrain(number, token, position);
    }

    public Command DropDrain(in WorkloadStep step) => ServiceCommands.DropDrain(
        world.Drains.Count == 0 || step.Shape % 4 == 3 ? 4_000 : world.Drains[step.Size % world.Drains.Count].Number);

    /// <summary>
    /// No voter announces more than the present version, so that no raise is accepted: a build that does not know the
    /// new version stops there, as it must.
    /// </summary>
    public Command AnnounceBehaviour(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var isVoter = shape.Next(3) != 2;
        var version = world.Behaviour + (isVoter ? 0 : shape.Pick<uint>([1, 2]));
        return ServiceCommands.AnnounceBehaviour((uint)(step.Size % 20), shape.OnceIn(4) ? 0 : version, isVoter);
    }

    public Command RaiseBehaviour(in WorkloadStep step) =>
        ServiceCommands.RaiseBehaviour(world.Behaviour + (step.Shape % 4 == 3 ? (uint)(step.Size % 3) : 1));

    public static Command HaltWithdrawals(in WorkloadStep step) => StaffCommands.HaltWithdrawals(step.Shape % 3 == 2);

    private AccountId AnyAccount(ref Digits who)
    {
        orders.Instrument(ref who);
        return who.Next(30) == 29 ? AccountId.House : orders.Account(ref who);
    }

    private static AssetId Asset(ref Digits digits) =>
        new(digits.Pick<uint>([1, 2, 1, 2, 3, 4, LimitsAsset, 2, 1, 99]));

    private static Int128 Sum(ref Digits digits, long most) => digits.Next(24) switch
    {
        < 20 => 1 + digits.Next(1 << 20) % most,
        20 => digits.Pick<Int128>([0, -1, Amount.Max.Units + 1]),
        21 => 50_000_000_000,
        _ => 1,
    };
}
