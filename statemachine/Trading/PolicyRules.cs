using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Which policies are accepted: every field in its documented range.</summary>
internal static class PolicyRules
{
    // About three years: no sum with a log time can leave 63 bits before the year 2259.
    private const long DurationMax = 100_000_000_000_000_000;

    public static bool IsValid(in InstrumentPolicy policy) =>
        policy.QuantityMax.Lots is >= 0 and <= Quantity.Max
        && policy.QuantityMin.Lots is >= 0 and <= Quantity.Max
        && policy.NotionalMax.Units >= 0
        && policy.NotionalMin.Units >= 0
        && policy.ViolationWindow is >= 0 and <= DurationMax
        && policy.BreakerDuration is >= 0 and <= DurationMax
        && policy.ReferenceInterval is >= 0 and <= DurationMax
        && policy.ThrottleWindow is >= 0 and <= DurationMax
        && policy.BandBasisPoints <= InstrumentPolicy.BasisPoints
        && policy.CollarBasisPoints <= InstrumentPolicy.BasisPoints
        && policy.BreakerBasisPoints <= InstrumentPolicy.BasisPoints
        && policy.OpenOrdersMax is >= 1 and <= InstrumentPolicy.OpenOrdersLimit
        && policy.FeeSchedule <= byte.MaxValue
        && policy.BreakerMode != SymbolMode.Normal;

    public static bool IsValid(in GlobalPolicy policy) =>
        policy.RateWindow is >= 0 and <= DurationMax
        && policy.KeyRetention is >= 1 and <= DurationMax
        && policy.ClockLeadMax is >= 0 and <= DurationMax
        && policy.KeyRetention + policy.ClockLeadMax >= GlobalPolicy.StampWindowMin
        && policy.ClientOrderIdRetention is >= 1 and <= DurationMax
        && policy.OpenOrdersMax is >= 1 and <= InstrumentPolicy.OpenOrdersLimit
        && policy.KeysMax >= 1
        && policy.ClientOrderIdsMax >= 1
        && policy.SessionsMax >= 1
        && policy.StepsMax is >= 1 and <= EffectLimits.StepsMax
        && policy.EntryBytesMax is >= EffectLimits.EntryBytesMin and <= EffectLimits.EntryBytesMax;
}
