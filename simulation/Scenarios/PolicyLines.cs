using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>Reads the words of policies: each names one field; the fields not named keep what they were.</summary>
internal sealed class PolicyLines
{
    private readonly SortedDictionary<uint, InstrumentPolicy> _policies = [];
    private GlobalPolicy _global = DefaultPolicy.Global;

    public InstrumentPolicy Instrument(Words words, InstrumentId instrument)
    {
        var policy = _policies.GetValueOrDefault(instrument.Value, DefaultPolicy.Instrument);
        while (TakeMarket(words, ref policy) || TakeProtection(words, ref policy))
        {
        }

        _policies[instrument.Value] = policy;
        return policy;
    }

    public GlobalPolicy Global(Words words)
    {
        while (TakeGlobal(words))
        {
        }

        return _global;
    }

    private static bool TakeMarket(Words words, ref InstrumentPolicy policy)
    {
        switch (words.Peek)
        {
            case "quantity-max":
                words.Take();
                policy.QuantityMax = new Quantity((long)words.Number());
                return true;
            case "quantity-min":
                words.Take();
                policy.QuantityMin = new Quantity((long)words.Number());
                return true;
            case "notional-max":
                words.Take();
                policy.NotionalMax = new Amount(words.Number());
                return true;
            case "notional-min":
                words.Take();
                policy.NotionalMin = new Amount(words.Number());
                return true;
            case "open-orders":
                words.Take();
                policy.OpenOrdersMax = (uint)words.Number();
                return true;
            case "stop-orders":
                words.Take();
                policy.StopOrdersMax = (uint)words.Number();
                return true;
            case "fee-schedule":
                words.Take();
                policy.FeeSchedule = (uint)words.Number();
                return true;
            case "throttle":
                words.Take();
                policy.ThrottleCount = (uint)words.Number();
                return true;
            case "throttle-window":
                words.Take();
                policy.ThrottleWindow = words.Duration();
                return true;
            default:
                return false;
        }
    }

    private static bool TakeProtection(Words words, ref InstrumentPolicy policy)
    {
        switch (words.Peek)
        {
            case "band":
                words.Take();
                policy.BandBasisPoints = (uint)words.Number();
                return true;
            case "collar":
                words.Take();
                policy.CollarBasisPoints = (uint)words.Number();
                return true;
            case "breaker":
                words.Take();
                policy.BreakerBasisPoints = (uint)words.Number();
                return true;
            case "breaker-mode":
                words.Take();
                policy.BreakerMode = words.Name<SymbolMode>();
                return true;
            case "breaker-duration":
                words.Take();
                policy.BreakerDuration = words.Duration();
                return true;
            case "violations":
                words.Take();
                policy.BreakerViolations = (uint)words.Number();
                return true;
            case "violation-window":
                words.Take();
                policy.ViolationWindow = words.Duration();
                return true;
            case "reference-interval":
                words.Take();
                policy.ReferenceInterval = words.Duration();
                return true;
            default:
                return false;
        }
    }

    private bool TakeGlobal(Words words)
    {
        switch (words.Peek)
        {
            case "rate":
                words.Take();
                _global.RateCount = (uint)words.Number();
                return true;
            case "rate-window":
                words.Take();
                _global.RateWindow = words.Duration();
                return true;
            case "open-orders":
                words.Take();
                _global.OpenOrdersMax = (uint)words.Number();
                return true;
            case "keys":
                words.Take();
                _global.KeysMax = (uint)words.Number();
                return true;
            case "client-ids":
                words.Take();
                _global.ClientOrderIdsMax = (uint)words.Number();
                return true;
            case "sessions":
                words.Take();
                _global.SessionsMax = (uint)words.Number();
                return true;
            case "retention":
                words.Take();
                _global.KeyRetention = words.Duration();
                return true;
            case "client-retention":
                words.Take();
                _global.ClientOrderIdRetention = words.Duration();
                return true;
            case "lead":
                words.Take();
                _global.ClockLeadMax = words.Duration();
                return true;
            case "steps":
                words.Take();
                _global.StepsMax = (uint)words.Number();
                return true;
            case "entry-bytes":
                words.Take();
                _global.EntryBytesMax = (uint)words.Number();
                return true;
            case "checkpoints":
                words.Take();
                _global.CheckpointInterval = (uint)words.Number();
                return true;
            default:
                return false;
        }
    }
}
