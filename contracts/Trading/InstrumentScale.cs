namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Writes an instrument's ticks and lots as decimal texts, and reads them. A price is quote units for one base unit;
/// its scale is the fewest digits in which one tick can be written. A quantity is base units, in the base asset's
/// scale.
/// </summary>
public readonly struct InstrumentScale
{
    // One lot, in units of 10^−QuantityScale, and one tick, in units of 10^−PriceScale; from 1.
    private readonly long _lot;
    private readonly Int128 _tick;

    private InstrumentScale(int quantityScale, long lot, int priceScale, Int128 tick)
    {
        QuantityScale = quantityScale;
        _lot = lot;
        PriceScale = priceScale;
        _tick = tick;
    }

    /// <summary>Most digits of a price after the point.</summary>
    public const int PriceScaleMax = 18;

    /// <summary>Digits of a quantity after the point.</summary>
    public int QuantityScale { get; }

    /// <summary>Digits of a price after the point.</summary>
    public int PriceScale { get; }

    /// <summary>
    /// Derives the scales. One tick is NotionalUnits × 10^baseScale / (LotUnits × 10^quoteScale) quote units for one
    /// base unit.
    /// </summary>
    /// <param name="baseScale">Scale of the base asset, 0 to <see cref="CreateAsset.ScaleMax"/>.</param>
    /// <param name="quoteScale">Scale of the quote asset, 0 to <see cref="CreateAsset.ScaleMax"/>.</param>
    /// <param name="lotUnits">As in <see cref="CreateInstrument.LotUnits"/>.</param>
    /// <param name="notionalUnits">As in <see cref="CreateInstrument.NotionalUnits"/>.</param>
    /// <param name="scale">The scales.</param>
    /// <returns>
    /// False where a tick cannot be written in <see cref="PriceScaleMax"/> digits (a lot of 3 units, for one), or the
    /// largest price not in 127 bits: such an instrument's prices have no text but their ticks.
    /// </returns>
    public static bool TryCreate(
        int baseScale,
        int quoteScale,
        long lotUnits,
        long notionalUnits,
        out InstrumentScale scale)
    {
        // At most 2^31 × 10^18 < 2^91 each.
        var numerator = notionalUnits * PowerOfTen(baseScale);
        var denominator = lotUnits * PowerOfTen(quoteScale);
        var divisor = GreatestCommonDivisor(numerator, denominator);
        numerator /= divisor;
        denominator /= divisor;
        for (var priceScale = 0; priceScale <= PriceScaleMax; priceScale++)
        {
            var (tick, rest) = Int128.DivRem(numerator, denominator);
            if (rest == 0 && tick <= Int128.MaxValue / Price.Max)
            {
                scale = new InstrumentScale(baseScale, lotUnits, priceScale, tick);
                return true;
            }

            if (rest == 0 || numerator > Int128.MaxValue / 10)
            {
                break;
            }

            numerator *= 10;
        }

        scale = default;
        return false;
    }

    /// <summary>Reads a price.</summary>
    /// <param name="text">The text.</param>
    /// <param name="price">Ticks, 0 to <see cref="Price.Max"/>; zero where refused.</param>
    /// <param name="error">Why it is refused; <see cref="TextError.Step"/> between two ticks.</param>
    /// <returns>True where the text is a whole number of ticks.</returns>
    public bool TryParsePrice(ReadOnlySpan<char> text, out Price price, out TextError error)
    {
        var isStep = TryParseSteps(text, PriceScale, _tick, Price.Max, out var steps, out error);
        price = new Price(steps);
        return isStep;
    }

    /// <summary>Reads a quantity.</summary>
    /// <param name="text">The text.</param>
    /// <param name="quantity">Lots, 0 to <see cref="Quantity.Max"/>; zero where refused.</param>
    /// <param name="error">Why it is refused; <see cref="TextError.Step"/> between two lots.</param>
    /// <returns>True where the text is a whole number of lots.</returns>
    public bool TryParseQuantity(ReadOnlySpan<char> text, out Quantity quantity, out TextError error)
    {
        var isStep = TryParseSteps(text, QuantityScale, _lot, Quantity.Max, out var steps, out error);
        quantity = new Quantity(steps);
        return isStep;
    }

    /// <summary>Writes a price.</summary>
    /// <param name="price">Ticks.</param>
    /// <returns>The text, with <see cref="PriceScale"/> digits after the point.</returns>
    public string Format(Price price) => DecimalText.Format(price.Ticks * _tick, PriceScale);

    /// <summary>Writes a quantity.</summary>
    /// <param name="quantity">Lots.</param>
    /// <returns>The text, with <see cref="QuantityScale"/> digits after the point.</returns>
    public string Format(Quantity quantity) => DecimalText.Format((Int128)quantity.Lots * _lot, QuantityScale);

    private static bool TryParseSteps(
        ReadOnlySpan<char> text,
        int scale,
        Int128 step,
        long stepsMax,
        out long steps,
        out TextError error)
    {
        steps = 0;
        if (!DecimalText.TryParse(text, scale, out var units, out error))
        {
            return false;
        }

        var (count, rest) = Int128.DivRem(units, step);
        if (units < 0 || count > stepsMax)
        {
            error = TextError.Range;
            return false;
        }

        if (rest != 0)
        {
            error = TextError.Step;
            return false;
        }

        steps = (long)count;
        return true;
    }

    private static Int128 PowerOfTen(int exponent)
    {
        var power = Int128.One;
        for (var i = 0; i < exponent; i++)
        {
            power *= 10;
        }

        return power;
    }

    private static Int128 GreatestCommonDivisor(Int128 left, Int128 right)
    {
        while (right != 0)
        {
            (left, right) = (right, left % right);
        }

        return left;
    }
}
