using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class InstrumentScaleTests
{
    // BTC (8 digits) for USD (6 digits): a lot of 0.0001 BTC, and 1 minor unit for a tick on a lot: a tick of 0.01 USD.
    private static readonly InstrumentScale Bitcoin = Create(8, 6, 10_000, 1);

    [Fact]
    public void Price_is_read_and_written_in_ticks()
    {
        Assert.Equal(2, Bitcoin.PriceScale);
        Assert.True(Bitcoin.TryParsePrice("61234.5", out var price, out _));
        Assert.Equal(new Price(6_123_450), price);
        Assert.Equal("61234.50", Bitcoin.Format(price));
        Assert.Equal("0.01", Bitcoin.Format(new Price(1)));
        Assert.Equal("0.00", Bitcoin.Format(new Price(0)));
    }

    [Fact]
    public void Quantity_is_read_and_written_in_lots()
    {
        Assert.Equal(8, Bitcoin.QuantityScale);
        Assert.True(Bitcoin.TryParseQuantity("1.5", out var quantity, out _));
        Assert.Equal(new Quantity(15_000), quantity);
        Assert.Equal("1.50000000", Bitcoin.Format(quantity));
    }

    [Theory]
    [InlineData("61234.505", TextError.Digits)]
    [InlineData("-1", TextError.Range)]
    [InlineData("-0.01", TextError.Range)]
    [InlineData("687194767.36", TextError.Range)] // 2^36 ticks
    [InlineData("1e5", TextError.Character)]
    [InlineData("", TextError.Empty)]
    public void Price_beyond_tick_or_range_is_refused(string text, TextError expected)
    {
        Assert.False(Bitcoin.TryParsePrice(text, out var price, out var error));
        Assert.Equal((expected, default), (error, price));
    }

    [Theory]
    [InlineData("0.00005", TextError.Step)]
    [InlineData("1.00010001", TextError.Step)]
    [InlineData("1.000100010", TextError.Digits)]
    [InlineData("-1", TextError.Range)]
    [InlineData("109951162.7776", TextError.Range)] // 2^40 lots
    public void Quantity_beyond_lot_or_range_is_refused(string text, TextError expected)
    {
        Assert.False(Bitcoin.TryParseQuantity(text, out var quantity, out var error));
        Assert.Equal((expected, default), (error, quantity));
    }

    [Fact]
    public void Price_between_two_ticks_is_refused()
    {
        // A tick of 0.25: scale 2, but only every 25th hundredth.
        var scale = Create(0, 2, 1, 25);
        Assert.Equal(2, scale.PriceScale);
        Assert.True(scale.TryParsePrice("1.75", out var price, out _));
        Assert.Equal(new Price(7), price);
        Assert.False(scale.TryParsePrice("1.76", out _, out var error));
        Assert.Equal(TextError.Step, error);
    }

    [Fact]
    public void Notional_by_text_and_by_ticks_is_the_same()
    {
        // price × quantity in minor units, from the texts and from ticks × lots × NotionalUnits.
        (int Base, int Quote, long Lot, long Notional)[] instruments =
            [(8, 6, 10_000, 1), (0, 0, 1, 1), (18, 18, 2_000_000_000, 1_000), (3, 2, 8, 5), (2, 0, 1, 1_000)];
        foreach (var (baseScale, quoteScale, lot, notional) in instruments)
        {
            Assert.True(InstrumentScale.TryCreate(baseScale, quoteScale, lot, notional, out var scale));
            Assert.True(DecimalText.TryParse(scale.Format(new Price(12_345)), scale.PriceScale, out var price, out _));
            Assert.True(DecimalText.TryParse(scale.Format(new Quantity(678)), baseScale, out var quantity, out _));
            var units = (System.Numerics.BigInteger)price * quantity * System.Numerics.BigInteger.Pow(10, quoteScale);
            var divisor = System.Numerics.BigInteger.Pow(10, scale.PriceScale + baseScale);
            Assert.Equal((System.Numerics.BigInteger)12_345 * 678 * notional, units / divisor);
            Assert.True((units % divisor).IsZero);
        }
    }

    [Fact]
    public void Every_price_and_quantity_up_to_the_largest_reads_back()
    {
        long[] steps = [0, 1, 9, 10, 999, 1L << 20, Price.Max - 1, Price.Max];
        (int Base, int Quote, long Lot, long Notional)[] instruments =
            [(8, 6, 10_000, 1), (18, 18, 1_000_000_000, 7), (0, 8, 1, 3)];
        foreach (var (baseScale, quoteScale, lot, notional) in instruments)
        {
            var scale = Create(baseScale, quoteScale, lot, notional);
            foreach (var step in steps)
            {
                Assert.True(scale.TryParsePrice(scale.Format(new Price(step)), out var price, out _));
                Assert.Equal(step, price.Ticks);
                Assert.True(scale.TryParseQuantity(scale.Format(new Quantity(step)), out var quantity, out _));
                Assert.Equal(step, quantity.Lots);
            }

            Assert.True(scale.TryParseQuantity(scale.Format(new Quantity(Quantity.Max)), out var max, out _));
            Assert.Equal(Quantity.Max, max.Lots);
        }
    }

    [Fact]
    public void Instrument_whose_tick_is_no_decimal_has_no_scale()
    {
        Assert.False(InstrumentScale.TryCreate(0, 0, 3, 1, out _)); // a third
        Assert.False(InstrumentScale.TryCreate(0, 18, 1 << 20, 1, out _)); // more than 18 digits
        Assert.False(InstrumentScale.TryCreate(18, 0, 1 << 30, int.MaxValue, out _)); // too large a price
        Assert.True(InstrumentScale.TryCreate(0, 0, 3, 6, out var scale));
        Assert.Equal("2", scale.Format(new Price(1)));
    }

    private static InstrumentScale Create(int baseScale, int quoteScale, long lot, long notional)
    {
        Assert.True(InstrumentScale.TryCreate(baseScale, quoteScale, lot, notional, out var scale));
        return scale;
    }
}
