using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Assets, instruments, policies, fees, modes: kinds 20 to 27.</summary>
internal sealed class MarketAdministration(ModelState state, ModelEvents events, Market market)
{
    private const int AssetsMax = 1024;
    private const int InstrumentsMax = 65_535;
    private const uint SchedulesMax = 255;
    private const long DurationMax = 100_000_000_000_000_000;

    public Answer CreateAsset(Command command)
    {
        var create = command.As<CreateAsset>();
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, !AssetText.IsCode(create.Code));
        refusals.Add(RejectCode.InvalidValue, create.Scale > Contracts.Trading.CreateAsset.ScaleMax);
        refusals.Add(RejectCode.AlreadyExists, state.Assets.Values.Any(asset => asset.Code == create.Code));
        refusals.Add(RejectCode.CapacityExhausted, state.Assets.Count >= AssetsMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        var id = (uint)state.Assets.Count + 1;
        state.Assets.Add(id, new ModelAsset { Id = id, Code = create.Code, Scale = create.Scale });
        var answer = events.Administered(command, id);
        events.Append(EventKind.AssetCreated, EventStream.Ledger, new AssetCreated
        {
            Code = create.Code,
            Asset = new AssetId(id),
            Scale = create.Scale,
        });
        return answer;
    }

    public Answer CreateInstrument(Command command)
    {
        var create = command.As<CreateInstrument>();
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, !AssetText.IsSymbol(create.Symbol));
        refusals.Add(RejectCode.InvalidValue, create.BaseAsset == create.QuoteAsset);
        refusals.Add(RejectCode.InvalidValue, !IsUnits(create.LotUnits) || !IsUnits(create.NotionalUnits));
        refusals.Add(RejectCode.UnknownAsset, !state.Assets.ContainsKey(create.BaseAsset.Value));
        refusals.Add(RejectCode.UnknownAsset, !state.Assets.ContainsKey(create.QuoteAsset.Value));
        refusals.Add(RejectCode.InvalidValue, !HasPriceText(create));
        refusals.Add(RejectCode.AlreadyExists, state.Instruments.Values.Any(one => one.Symbol == create.Symbol));
        refusals.Add(RejectCode.CapacityExhausted, state.Instruments.Count >= InstrumentsMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        var id = (uint)state.Instruments.Count + 1;
        state.Instruments.Add(id, new ModelInstrument
        {
            Id = id,
            Symbol = create.Symbol,
            BaseAsset = create.BaseAsset.Value,
            QuoteAsset = create.QuoteAsset.Value,
            LotUnits = create.LotUnits,
            NotionalUnits = create.NotionalUnits,
            Mode = create.Mode,
        });
        var answer = events.Administered(command, id);
        events.Append(EventKind.InstrumentCreated, id, new InstrumentCreated
        {
            Symbol = create.Symbol,
            BaseAsset = create.BaseAsset,
            QuoteAsset = create.QuoteAsset,
            LotUnits = create.LotUnits,
            NotionalUnits = create.NotionalUnits,
            Mode = create.Mode,
            BaseScale = state.Assets[create.BaseAsset.Value].Scale,
            QuoteScale = state.Assets[create.QuoteAsset.Value].Scale,
        });
        return answer;
    }

    public Answer SetInstrumentPolicy(Command command, ModelInstrument instrument)
    {
        var policy = command.As<SetInstrumentPolicy>().Policy;
        long[] durations =
        [
            policy.ViolationWindow, policy.BreakerDuration, policy.ReferenceInterval, policy.ThrottleWindow,
        ];
        uint[] basisPoints = [policy.BandBasisPoints, policy.CollarBasisPoints, policy.BreakerBasisPoints];
        var isValid = durations.All(value => IsDuration(value, 0))
            && policy.QuantityMax.Lots is >= 0 and <= Quantity.Max
            && policy.QuantityMin.Lots is >= 0 and <= Quantity.Max
            && policy.OpenOrdersMax is >= 1 and <= InstrumentPolicy.OpenOrdersLimit
            && policy.NotionalMax.Units >= 0
            && policy.NotionalMin.Units >= 0
            && basisPoints.All(value => value <= InstrumentPolicy.BasisPoints)
            && policy.FeeSchedule <= SchedulesMax
            && policy.BreakerMode != SymbolMode.Normal;
        if (!isValid)
        {
            return new Answer { Code = RejectCode.InvalidValue };
        }

        instrument.Policy = policy;
        return events.Administered(command, instrument.Id);
    }

    public Answer SetGlobalPolicy(Command command)
    {
        var policy = command.As<SetGlobalPolicy>().Policy;
        var isValid = IsDuration(policy.RateWindow, 0)
            && IsDuration(policy.KeyRetention, 1)
            && IsDuration(policy.ClockLeadMax, 0)
            && policy.KeyRetention + policy.ClockLeadMax >= GlobalPolicy.StampWindowMin
            && IsDuration(policy.ClientOrderIdRetention, 1)
            && policy.OpenOrdersMax is >= 1 and <= InstrumentPolicy.OpenOrdersLimit
            && policy.KeysMax >= 1
            && policy.ClientOrderIdsMax >= 1
            && policy.SessionsMax >= 1
            && policy.StepsMax is >= 1 and <= EffectLimits.StepsMax
            && policy.EntryBytesMax is >= EffectLimits.EntryBytesMin and <= EffectLimits.EntryBytesMax;
        if (!isValid)
        {
            return new Answer { Code = RejectCode.InvalidValue };
        }

        state.Policy = policy;
        return events.Administered(command, 0);
    }

    public Answer SetFeeSchedule(Command command)
    {
        var set = command.As<SetFeeSchedule>();
        var isInRange = set.Schedule <= SchedulesMax
            && set.Tier <= OpenAccount.TierMax
            && set.MakerRate is >= -Contracts.Trading.SetFeeSchedule.RateMax
                and <= Contracts.Trading.SetFeeSchedule.RateMax
            && set.TakerRate is >= 0 and <= Contracts.Trading.SetFeeSchedule.RateMax;
        if (!isInRange)
        {
            return new Answer { Code = RejectCode.InvalidValue };
        }

        var schedule = state.FeeSchedule(set.Schedule);
        var makerRates = schedule.MakerRates.ToArray();
        var takerRates = schedule.TakerRates.ToArray();
        makerRates[set.Tier] = set.MakerRate;
        takerRates[set.Tier] = set.TakerRate;
        if (-makerRates.Min() > takerRates.Min())
        {
            return new Answer { Code = RejectCode.InvalidValue };
        }

        schedule.MakerRates[set.Tier] = set.MakerRate;
        schedule.TakerRates[set.Tier] = set.TakerRate;
        return events.Administered(command, set.Schedule);
    }

    public Answer SetSymbolMode(Command command, ModelInstrument instrument)
    {
        var set = command.As<SetSymbolMode>();
        if (set.Mode != instrument.Mode)
        {
            market.ChangeMode(instrument, set.Mode, ChangeCause.Operator, set.Reason);
        }
        else
        {
            Market.Keep(instrument);
        }

        return Answer.Accepted(instrument.Id);
    }

    public Answer SetReferencePrice(Command command, ModelInstrument instrument)
    {
        var price = command.As<SetReferencePrice>().Price.Ticks;
        if (!OrderChecks.IsPrice(price))
        {
            return new Answer { Code = RejectCode.InvalidValue };
        }

        market.SetReferencePrice(instrument, price, ChangeCause.Operator);
        return Answer.Accepted(instrument.Id);
    }

    public Answer SetWithdrawalHalt(Command command)
    {
        state.WithdrawalsHalted = command.As<SetWithdrawalHalt>().Halted == 1;
        return events.Administered(command, 0);
    }

    private static bool IsDuration(long nanoseconds, long min) => nanoseconds >= min && nanoseconds <= DurationMax;

    /// <summary>Whether a tick can be written as a text of a price; true where that is no question yet.</summary>
    private bool HasPriceText(in CreateInstrument create) =>
        !IsUnits(create.LotUnits)
        || !IsUnits(create.NotionalUnits)
        || !state.Assets.TryGetValue(create.BaseAsset.Value, out var baseAsset)
        || !state.Assets.TryGetValue(create.QuoteAsset.Value, out var quoteAsset)
        || InstrumentScale.TryCreate(
            baseAsset.Scale, quoteAsset.Scale, create.LotUnits, create.NotionalUnits, out _);

    private static bool IsUnits(long units) => units is >= 1 and <= Contracts.Trading.CreateInstrument.UnitsMax;
}
