using System.Text;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>The commands of those who run the exchange, as bytes: markets, policies, money, users.</summary>
public static class StaffCommands
{
    public static Command CreateAsset(string code, byte scale)
    {
        var command = Command.Of<CreateAsset>(CommandKind.CreateAsset);
        ref var asset = ref command.As<CreateAsset>();
        asset.Code = (ulong)Text(code);
        asset.Scale = scale;
        return command;
    }

    public static Command CreateInstrument(
        string symbol,
        AssetId baseAsset,
        AssetId quoteAsset,
        long lotUnits = 1,
        long notionalUnits = 1,
        SymbolMode mode = SymbolMode.Normal)
    {
        var command = Command.Of<CreateInstrument>(CommandKind.CreateInstrument);
        ref var instrument = ref command.As<CreateInstrument>();
        instrument.Symbol = Text(symbol);
        instrument.BaseAsset = baseAsset;
        instrument.QuoteAsset = quoteAsset;
        instrument.LotUnits = lotUnits;
        instrument.NotionalUnits = notionalUnits;
        instrument.Mode = mode;
        return command;
    }

    public static Command SetPolicy(InstrumentId instrument, in InstrumentPolicy policy)
    {
        var command = Command.Of<SetInstrumentPolicy>(CommandKind.SetInstrumentPolicy, default, instrument);
        command.As<SetInstrumentPolicy>().Policy = policy;
        return command;
    }

    public static Command SetPolicy(in GlobalPolicy policy)
    {
        var command = Command.Of<SetGlobalPolicy>(CommandKind.SetGlobalPolicy);
        command.As<SetGlobalPolicy>().Policy = policy;
        return command;
    }

    /// <summary>Rates in parts per million.</summary>
    public static Command SetFees(uint schedule, uint tier, int maker, int taker)
    {
        var command = Command.Of<SetFeeSchedule>(CommandKind.SetFeeSchedule);
        ref var fees = ref command.As<SetFeeSchedule>();
        fees.Schedule = schedule;
        fees.Tier = tier;
        fees.MakerRate = maker;
        fees.TakerRate = taker;
        return command;
    }

    public static Command SetMode(InstrumentId instrument, SymbolMode mode, ushort reason = 0)
    {
        var command = Command.Of<SetSymbolMode>(CommandKind.SetSymbolMode, default, instrument);
        command.As<SetSymbolMode>().Mode = mode;
        command.As<SetSymbolMode>().Reason = reason;
        return command;
    }

    public static Command SetReference(InstrumentId instrument, long price)
    {
        var command = Command.Of<SetReferencePrice>(CommandKind.SetReferencePrice, default, instrument);
        command.As<SetReferencePrice>().Price = new Price(price);
        return command;
    }

    public static Command HaltWithdrawals(bool halted)
    {
        var command = Command.Of<SetWithdrawalHalt>(CommandKind.SetWithdrawalHalt);
        command.As<SetWithdrawalHalt>().Halted = halted ? (byte)1 : (byte)0;
        return command;
    }

    public static Command OpenAccount(UserId owner, uint group = 0, uint tier = 0)
    {
        var command = Command.Of<OpenAccount>(CommandKind.OpenAccount);
        ref var account = ref command.As<OpenAccount>();
        account.Owner = owner;
        account.Group = group;
        account.Tier = tier;
        return command;
    }

    public static Command SetAccount(AccountId account, AccountFreeze freeze, uint group = 0, uint tier = 0)
    {
        var command = Command.Of<SetAccount>(CommandKind.SetAccount, account);
        ref var settings = ref command.As<SetAccount>();
        settings.Freeze = (uint)freeze;
        settings.Group = group;
        settings.Tier = tier;
        return command;
    }

    public static Command Deposit(AccountId account, AssetId asset, Int128 amount, UInt128 reference = default)
    {
        var command = Command.Of<Deposit>(CommandKind.Deposit, account);
        ref var deposit = ref command.As<Deposit>();
        deposit.Asset = asset;
        deposit.Amount = new Amount(amount);
        deposit.Reference = reference;
        return command;
    }

    public static Command Withdraw(AccountId account, AssetId asset, Int128 amount, UInt128 reference = default)
    {
        var command = Command.Of<Withdraw>(CommandKind.Withdraw, account);
        ref var withdrawal = ref command.As<Withdraw>();
        withdrawal.Asset = asset;
        withdrawal.Amount = new Amount(amount);
        withdrawal.Reference = reference;
        return command;
    }

    public static Command ProposeAdjustment(
        AccountId account, AssetId asset, Int128 amount, UInt128 reference = default)
    {
        var command = Command.Of<ProposeAdjustment>(CommandKind.ProposeAdjustment, account);
        ref var proposal = ref command.As<ProposeAdjustment>();
        proposal.Asset = asset;
        proposal.Amount = new Amount(amount);
        proposal.Reference = reference;
        return command;
    }

    public static Command DecideAdjustment(uint proposal, bool approve)
    {
        var command = Command.Of<DecideAdjustment>(CommandKind.DecideAdjustment);
        ref var decision = ref command.As<DecideAdjustment>();
        decision.Proposal = proposal;
        decision.Approve = approve ? (byte)1 : (byte)0;
        return command;
    }

    public static Command CreateUser(Roles roles)
    {
        var command = Command.Of<CreateUser>(CommandKind.CreateUser);
        command.As<CreateUser>().Roles = (uint)roles;
        return command;
    }

    public static Command SetUser(UserId target, Roles roles, bool enabled = true)
    {
        var command = Command.Of<SetUser>(CommandKind.SetUser);
        ref var user = ref command.As<SetUser>();
        user.Target = target;
        user.Roles = (uint)roles;
        user.Enabled = enabled ? (byte)1 : (byte)0;
        return command;
    }

    public static Command CreateApiKey(AccountId account, UInt128 apiKey, uint permissions = 3, long expiresAt = 0)
    {
        var command = Command.Of<CreateApiKey>(CommandKind.CreateApiKey, account);
        ref var key = ref command.As<CreateApiKey>();
        key.ApiKey = apiKey;
        key.SecretDigest0 = StableHash.Mix((ulong)apiKey, 1);
        key.SecretDigest1 = StableHash.Mix((ulong)apiKey, 2);
        key.Permissions = permissions;
        key.ExpiresAt = expiresAt;
        return command;
    }

    public static Command RevokeApiKey(AccountId account, UInt128 apiKey)
    {
        var command = Command.Of<RevokeApiKey>(CommandKind.RevokeApiKey, account);
        command.As<RevokeApiKey>().ApiKey = apiKey;
        return command;
    }

    /// <summary>Text as the layouts hold it: one byte a letter, the first lowest.</summary>
    public static UInt128 Text(string text)
    {
        UInt128 number = 0;
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            number = (number << 8) | bytes[i];
        }

        return number;
    }
}
