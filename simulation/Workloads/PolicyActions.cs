using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>Turns steps into policies that make one limit bite at a time, fees, modes and reference prices.</summary>
internal sealed class PolicyActions(ObservedWorld world, OrderActions orders)
{
    private const long Second = 1_000_000_000;

    private static readonly (int Maker, int Taker)[] _rates =
    [
        (0, 0), (1_000, 2_000), (-100, 500), (-500, 500), (100, 0), (0, 1), (33_333, 66_667), (-7, 13),
        (SetFeeSchedule.RateMax, SetFeeSchedule.RateMax), (-SetFeeSchedule.RateMax, SetFeeSchedule.RateMax),
        (-501, 500), (SetFeeSchedule.RateMax + 1, 0), (0, -1), (0, SetFeeSchedule.RateMax + 1),
    ];

    public Command SetInstrument(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var instrument = orders.Instrument(ref who);
        var shape = new Digits(step.Shape);
        var policy = DefaultPolicy.Instrument;
        policy.FeeSchedule = (uint)shape.Next(4);
        policy.ReferenceInterval = shape.Pick<long>([0, Second / 2, 0, 1]);
        policy.CollarBasisPoints = shape.Pick<uint>([500, 100, 0, InstrumentPolicy.BasisPoints]);
        switch (shape.Next(6))
        {
            case 4:
                Limit(ref policy, ref shape, instrument);
                break;
            case 5:
                Protect(ref policy, ref shape);
                break;
        }

        if (shape.OnceIn(24))
        {
            MakeWrong(ref policy, shape.Next(15));
        }

        return StaffCommands.SetPolicy(instrument.Id, policy);
    }

    public Command SetGlobal(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var policy = Prologue.GlobalPolicy;
        if (shape.OnceIn(3) && world.Instruments.Exists(instrument => instrument.Mode == SymbolMode.HardHalt))
        {
            // So that what waits for the end of the halt is more than one step.
            return StaffCommands.SetPolicy(policy with { StepsMax = 1 });
        }

        var isUsual = PolicyHash.OfGlobal(policy, false) == PolicyHash.OfGlobal(world.Policy, false);
        if (!isUsual && shape.Next(4) != 3)
        {
            return StaffCommands.SetPolicy(policy);
        }

        switch (shape.Next(24))
        {
            case 18 or 19 or 20:
                policy.StepsMax = shape.Pick<uint>([1, 2, 3, 7]);
                break;
            case 21:
                policy.StepsMax = shape.Pick<uint>([1, 2]);
                policy.EntryBytesMax = 4_000;
                break;
            case 22 or 23:
                policy.EntryBytesMax = shape.Pick<uint>([EffectLimits.EntryBytesMin, 2_000]);
                break;
            case 8:
                policy.RateWindow = Second;
                policy.RateCount = 5;
                break;
            case 9:
                policy.OpenOrdersMax = 6;
                break;
            case 10:
                policy.KeysMax = 24;
                break;
            case 11:
                policy.ClientOrderIdsMax = 4;
                break;
            case 12:
                policy.SessionsMax = 2;
                break;
            case 13:
                policy.KeyRetention = shape.Pick<long>([1, Second / 4, 60 * Second]);
                break;
            case 14:
                policy.CheckpointInterval = shape.Pick<uint>([1, 0, 7]);
                break;
            case 15:
                policy.RateWindow = shape.Pick<long>([0, 10 * Second]);
                policy.RateCount = 0;
                break;
            case 16:
                policy.ClockLeadMax = 0;
                policy.ClientOrderIdRetention = 1;
                break;
            case 17:
                MakeWrong(ref policy, shape.Next(13));
                break;
        }

        return StaffCommands.SetPolicy(policy);
    }

    public Command SetFees(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var (maker, taker) = shape.Pick<(int, int)>(_rates);
        var schedule = shape.Pick<uint>([0, 1, 2, 3, 0, 1, 2, 3, 255, 256]);
        var tier = shape.Pick<uint>([0, 1, 2, 0, 1, 2, 0, 1, 15, 16]);
        return StaffCommands.SetFees(schedule, tier, maker, taker);
    }

    /// <summary>A mode; mostly normal where the instrument is in another one.</summary>
    public Command SetMode(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var instrument = orders.Instrument(ref who);
        var shape = new Digits(step.Shape);
        if (instrument.Mode == SymbolMode.Normal && shape.Next(3) != 2)
        {
            instrument = world.Instruments.Find(other => other.Mode != SymbolMode.Normal) ?? instrument;
        }

        var mode = instrument.Mode != SymbolMode.Normal && shape.Next(8) != 7
            ? SymbolMode.Normal
            : shape.Pick<SymbolMode>(
            [
                SymbolMode.Normal, SymbolMode.Auction, SymbolMode.Auction, SymbolMode.Auction, SymbolMode.Auction,
                SymbolMode.CancelOnly, SymbolMode.SoftHalt, SymbolMode.HardHalt,
            ]);
        return StaffCommands.SetMode(instrument.Id, mode, (ushort)shape.Next(100));
    }

    public Command SetReference(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        var instrument = orders.Instrument(ref who);
        var digits = new Digits(step.Price);
        var price = instrument.Middle + digits.Pick<long>([0, 1, -1, 5, -5, instrument.Middle / 10]);
        if (digits.OnceIn(12))
        {
            price = digits.Pick<long>([0, -1, Price.Max + 1, Price.Max, 1]);
        }

        return StaffCommands.SetReference(instrument.Id, price);
    }

    private static void Limit(ref InstrumentPolicy policy, ref Digits shape, ObservedInstrument instrument)
    {
        Int128 unit = instrument.Home > 1_000 ? (Int128)instrument.Home * CreateInstrument.UnitsMax : instrument.Home;
        switch (shape.Next(8))
        {
            case 0:
                policy.QuantityMax = new Quantity(6);
                break;
            case 1:
                policy.QuantityMin = new Quantity(4);
                break;
            case 2:
                policy.NotionalMax = new Amount(unit * 8);
                break;
            case 3:
                policy.NotionalMin = new Amount(unit * 3);
                break;
            case 4:
                policy.OpenOrdersMax = 6;
                break;
            case 5:
                policy.StopOrdersMax = (uint)shape.Next(4);
                break;
            case 6:
                policy.ThrottleWindow = Second;
                policy.ThrottleCount = 4;
                break;
            default:
                policy.ThrottleWindow = 1;
                policy.ThrottleCount = 1;
                break;
        }
    }

    private static void Protect(ref InstrumentPolicy policy, ref Digits shape)
    {
        policy.BreakerMode = shape.Pick<SymbolMode>(
        [
            SymbolMode.Auction, SymbolMode.Auction, SymbolMode.CancelOnly, SymbolMode.Auction, SymbolMode.SoftHalt,
            SymbolMode.HardHalt,
        ]);
        policy.BreakerDuration = shape.Pick<long>([Second / 5, 0, Second / 20, Second]);
        if (shape.Next(2) == 0)
        {
            policy.BandBasisPoints = shape.Pick<uint>([50, 300, InstrumentPolicy.BasisPoints]);
            policy.BreakerViolations = shape.Pick<uint>([0, 2, 3]);
            policy.ViolationWindow = shape.Pick<long>([Second, 0, 10 * Second]);
        }
        else
        {
            policy.BreakerBasisPoints = shape.Pick<uint>([40, 100, 10]);
            policy.ReferenceInterval = shape.Pick<long>([Second, 0, Second / 10]);
        }
    }

    private static void MakeWrong(ref InstrumentPolicy policy, int which)
    {
        switch (which)
        {
            case 0:
                policy.QuantityMax = new Quantity(-1);
                break;
            case 1:
                policy.QuantityMin = new Quantity(-1);
                break;
            case 2:
                policy.NotionalMax = new Amount(-1);
                break;
            case 3:
                policy.NotionalMin = new Amount(-1);
                break;
            case 4:
                policy.ViolationWindow = -1;
                break;
            case 5:
                policy.BreakerDuration = -1;
                break;
            case 6:
                policy.ReferenceInterval = -1;
                break;
            case 7:
                policy.ThrottleWindow = -1;
                break;
            case 8:
                policy.BandBasisPoints = InstrumentPolicy.BasisPoints + 1;
                break;
            case 9:
                policy.CollarBasisPoints = InstrumentPolicy.BasisPoints + 1;
                break;
            case 10:
                policy.BreakerMode = SymbolMode.Normal;
                break;
            case 11:
                policy.OpenOrdersMax = 0;
                break;
            case 12:
                policy.OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit + 1;
                break;
            case 13:
                policy.QuantityMax = new Quantity(Quantity.Max + 1);
                break;
            default:
                policy.FeeSchedule = 256;
                break;
        }
    }

    private static void MakeWrong(ref GlobalPolicy policy, int which)
    {
        switch (which)
        {
            case 0:
                policy.RateWindow = -1;
                break;
            case 1:
                policy.KeyRetention = 0;
                break;
            case 2:
                policy.ClockLeadMax = -1;
                break;
            case 3:
                policy.ClientOrderIdRetention = 0;
                break;
            case 4:
                policy.KeysMax = 0;
                break;
            case 5:
                policy.ClientOrderIdsMax = 0;
                break;
            case 6:
                policy.SessionsMax = 0;
                break;
            case 7:
                policy.StepsMax = 0;
                break;
            case 8:
                policy.StepsMax = EffectLimits.StepsMax + 1;
                break;
            case 9:
                policy.EntryBytesMax = EffectLimits.EntryBytesMin - 1;
                break;
            case 10:
                policy.OpenOrdersMax = 0;
                break;
            case 11:
                policy.OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit + 1;
                break;
            default:
                policy.EntryBytesMax = EffectLimits.EntryBytesMax + 1;
                break;
        }
    }
}
