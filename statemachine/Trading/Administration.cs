using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Assets, instruments, policies, fees, accounts' settings, users and keys.</summary>
internal sealed class Administration(ExchangeState state, EventWriter events)
{
    public const int AssetsMax = 1_024;
    private const uint InstrumentsMax = ushort.MaxValue;

    public Decision CreateAsset(in CreateAsset command)
    {
        if (!AssetText.IsValid(command.Code) || command.Scale > Contracts.Trading.CreateAsset.ScaleMax)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        for (var i = 1; i <= state.Globals.Assets; i++)
        {
            if (state.Assets.At(i).Code == command.Code)
            {
                return Decision.Reject(RejectCode.AlreadyExists);
            }
        }

        if (state.Globals.Assets >= AssetsMax)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        var id = ++state.Globals.Assets;
        state.Assets.Reserve((int)id);
        state.Assets.Write((int)id) = new Asset { Code = command.Code, Scale = command.Scale };
        var decision = Administered(in command.Header, id);
        ref var created = ref events.AppendLedger<AssetCreated>(EventKind.AssetCreated);
        created.Code = command.Code;
        created.Asset = new AssetId(id);
        created.Scale = command.Scale;
        created.Reserved0 = 0;
        created.Reserved1 = 0;
        return decision;
    }

    public Decision CreateInstrument(in CreateInstrument command)
    {
        var isValid = SymbolText.IsValid(command.Symbol)
            && command.LotUnits is >= 1 and <= Contracts.Trading.CreateInstrument.UnitsMax
            && command.NotionalUnits is >= 1 and <= Contracts.Trading.CreateInstrument.UnitsMax
            && command.BaseAsset != command.QuoteAsset;
        if (!isValid)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        if (!HasAsset(command.BaseAsset) || !HasAsset(command.QuoteAsset))
        {
            return Decision.Reject(RejectCode.UnknownAsset);
        }

        // A tick that no text of a price can say (a third of a cent, for one) could be traded but never shown.
        var baseScale = state.Assets.At((int)command.BaseAsset.Value).Scale;
        var quoteScale = state.Assets.At((int)command.QuoteAsset.Value).Scale;
        if (!InstrumentScale.TryCreate(baseScale, quoteScale, command.LotUnits, command.NotionalUnits, out _))
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        for (var i = 1; i <= state.Globals.Instruments; i++)
        {
            if (state.Instruments.At(i).Symbol == command.Symbol)
            {
                return Decision.Reject(RejectCode.AlreadyExists);
            }
        }

        if (state.Globals.Instruments >= InstrumentsMax)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        var id = ++state.Globals.Instruments;
        AddInstrument(id, in command);
        var decision = Administered(in command.Header, id);
        ref var instrument = ref state.Instruments.Write((int)id);
        ref var created = ref events.Append<InstrumentCreated>(EventKind.InstrumentCreated, id, ref instrument);
        created.Symbol = command.Symbol;
        created.BaseAsset = command.BaseAsset;
        created.QuoteAsset = command.QuoteAsset;
        created.LotUnits = command.LotUnits;
        created.NotionalUnits = command.NotionalUnits;
        created.Mode = command.Mode;
        created.BaseScale = baseScale;
        created.QuoteScale = quoteScale;
        created.Reserved0 = 0;
        created.Reserved1 = 0;
        return decision;
    }

    public Decision SetInstrumentPolicy(in SetInstrumentPolicy command)
    {
        if (!PolicyRules.IsValid(in command.Policy))
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        var number = command.Header.Instrument.Value;
        ref var policy = ref state.Policies.Write((int)number);
        policy.Policy = command.Policy;
        state.RefreshPolicyHashes(number);
        return Administered(in command.Header, number);
    }

    public Decision SetGlobalPolicy(in SetGlobalPolicy command)
    {
        if (!PolicyRules.IsValid(in command.Policy))
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        state.Globals.Policy = command.Policy;
        state.RefreshPolicyHashes(instrument: 0);
        return Administered(in command.Header, 0);
    }

    public Decision SetWithdrawalHalt(in SetWithdrawalHalt command)
    {
        state.Globals.WithdrawalsHalted = command.Halted;
        state.RefreshPolicyHashes(instrument: 0);
        return Administered(in command.Header, 0);
    }

    public Decision SetFeeSchedule(in SetFeeSchedule command)
    {
        if (!IsFeeScheduleValid(in command))
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        ref var tier = ref state.FeeTiers.Write(((int)command.Schedule * FeeTier.Tiers) + (int)command.Tier);
        tier.MakerRate = command.MakerRate;
        tier.TakerRate = command.TakerRate;
        state.RefreshPolicyHashes(instrument: 0);
        return Administered(in command.Header, command.Schedule);
    }

    public Decision OpenAccount(in OpenAccount command)
    {
        if (command.Tier > Contracts.Trading.OpenAccount.TierMax || command.Group > int.MaxValue)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        if (!HasUser(command.Owner))
        {
            return Decision.Reject(RejectCode.UnknownTarget);
        }

        if (state.Globals.Accounts >= state.Caps.Accounts)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        var id = ++state.Globals.Accounts;
        state.Accounts.Reserve((int)id);
        state.Accounts.Write((int)id) = new Account
        {
            Exists = 1,
            Owner = command.Owner.Value,
            Group = command.Group,
            Tier = (byte)command.Tier,
        };
        return Administered(in command.Header, id);
    }

    public Decision SetAccount(in SetAccount command)
    {
        const uint Defined = (uint)(AccountFreeze.Trading | AccountFreeze.Withdrawals);
        if ((command.Freeze & ~Defined) != 0
            || command.Tier > Contracts.Trading.OpenAccount.TierMax
            || command.Group > int.MaxValue)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        ref var account = ref state.Accounts.Write((int)command.Header.Account.Value);
        account.Freeze = (byte)command.Freeze;
        account.Group = command.Group;
        account.Tier = (byte)command.Tier;
        return Administered(in command.Header, command.Header.Account.Value);
    }

    public Decision CreateUser(in CreateUser command)
    {
        if ((command.Roles & ~(uint)Roles.All) != 0)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        if (state.Globals.Users >= state.Caps.Users)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        var id = ++state.Globals.Users;
        state.Users.Reserve((int)id);
        state.Users.Write((int)id) = new User { Exists = 1, Enabled = 1, Roles = (Roles)command.Roles };
        return Administered(in command.Header, id);
    }

    public Decision SetUser(in SetUser command)
    {
        if ((command.Roles & ~(uint)Roles.All) != 0)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        if (!HasUser(command.Target))
        {
            return Decision.Reject(RejectCode.UnknownTarget);
        }

        if (command.Target == UserId.Root && (command.Enabled == 0 || command.Roles != (uint)Roles.All))
        {
            return Decision.Reject(RejectCode.SeparationOfDuties);
        }

        ref var user = ref state.Users.Write((int)command.Target.Value);
        user.Roles = (Roles)command.Roles;
        user.Enabled = command.Enabled;
        return Administered(in command.Header, command.Target.Value);
    }

    public Decision CreateApiKey(in CreateApiKey command)
    {
        const uint Defined = 3;
        if (command.ApiKey == 0
            || command.Permissions == 0
            || (command.Permissions & ~Defined) != 0
            || command.ExpiresAt < 0)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        if (state.FindApiKey(command.ApiKey) >= 0)
        {
            return Decision.Reject(RejectCode.AlreadyExists);
        }

        ref var account = ref state.Accounts.Write((int)command.Header.Account.Value);
        if (account.ApiKeys >= Contracts.Trading.CreateApiKey.KeysPerAccountMax
            || state.ApiKeySlots.Count >= state.Caps.ApiKeys)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        account.ApiKeys++;
        var slot = state.ApiKeySlots.Allocate();
        state.ApiKeys.Reserve(slot);
        state.ApiKeys.Write(slot) = new ApiKey
        {
            Id = command.ApiKey,
            SecretDigest0 = command.SecretDigest0,
            SecretDigest1 = command.SecretDigest1,
            ExpiresAt = command.ExpiresAt,
            Account = command.Header.Account.Value,
            Permissions = command.Permissions,
        };
        state.IndexApiKey(slot);
        return Administered(in command.Header, Words.Low(command.ApiKey));
    }

    public Decision RevokeApiKey(in RevokeApiKey command)
    {
        var slot = state.FindApiKey(command.ApiKey);
        if (slot < 0
            || state.ApiKeys.At(slot).Account != command.Header.Account.Value
            || state.ApiKeys.At(slot).Revoked != 0)
        {
            return Decision.Reject(RejectCode.UnknownTarget);
        }

        state.ApiKeys.Write(slot).Revoked = 1;
        state.Accounts.Write((int)command.Header.Account.Value).ApiKeys--;
        return Administered(in command.Header, Words.Low(command.ApiKey));
    }

    public Decision Administered(in CommandHeader header, ulong id)
    {
        ref var done = ref events.AppendSystem<Administered>(EventKind.Administered);
        done.Kind = header.Kind;
        done.Reserved0 = 0;
        done.Reserved1 = 0;
        done.User = header.User;
        done.Account = header.Account;
        done.Instrument = header.Instrument;
        done.Id = id;
        done.PolicyHash = header.Instrument.Value == 0
            ? state.GlobalPolicyHash
            : state.Instruments.At((int)header.Instrument.Value).PolicyHash;
        done.Subject = SubjectOf(in header);
        return Decision.Accept(id);
    }

    // The 8 bytes after the header: every administrative command starts with what it is about.
    private static ulong SubjectOf(in CommandHeader header)
    {
        ref var start = ref Unsafe.As<CommandHeader, byte>(ref Unsafe.AsRef(in header));
        return Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, Unsafe.SizeOf<CommandHeader>()));
    }

    private void AddInstrument(uint id, in CreateInstrument command)
    {
        state.Instruments.Reserve((int)id);
        state.Policies.Reserve((int)id);
        state.Instruments.Write((int)id) = new Instrument
        {
            Symbol = command.Symbol,
            BaseAsset = command.BaseAsset.Value,
            QuoteAsset = command.QuoteAsset.Value,
            LotUnits = command.LotUnits,
            NotionalUnits = command.NotionalUnits,
            Mode = command.Mode,
        };
        state.Policies.Write((int)id) = new PolicyOfInstrument { Policy = DefaultPolicy.Instrument, Exists = 1 };
        state.AddBook(id);
        state.RefreshPolicyHashes(id);
    }

    private bool IsFeeScheduleValid(in SetFeeSchedule command)
    {
        const int Max = Contracts.Trading.SetFeeSchedule.RateMax;
        if (command.Schedule > byte.MaxValue
            || command.Tier > Contracts.Trading.OpenAccount.TierMax
            || command.MakerRate is < -Max or > Max
            || command.TakerRate is < 0 or > Max)
        {
            return false;
        }

        // No rebate of the schedule may exceed any taker rate of it, with this tier as it is to be.
        var (largestRebate, smallestTaker) = (-command.MakerRate, command.TakerRate);
        for (var tier = 0; tier < FeeTier.Tiers; tier++)
        {
            if (tier != command.Tier)
            {
                ref var rates = ref state.FeeTiers.At(((int)command.Schedule * FeeTier.Tiers) + tier);
                largestRebate = Math.Max(largestRebate, -rates.MakerRate);
                smallestTaker = Math.Min(smallestTaker, rates.TakerRate);
            }
        }

        return largestRebate <= smallestTaker;
    }

    private bool HasAsset(AssetId asset) => asset.Value != 0 && asset.Value <= state.Globals.Assets;

    private bool HasUser(UserId user) => user.Value != 0 && user.Value <= state.Globals.Users;
}
