using System.Globalization;
using System.Numerics;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class DecimalTextTests
{
    [Theory]
    [InlineData("0", 0, "0")]
    [InlineData("0", 2, "0")]
    [InlineData("0.00", 2, "0")]
    [InlineData("1", 2, "100")]
    [InlineData("1.5", 2, "150")]
    [InlineData("1.50", 2, "150")]
    [InlineData("0.01", 2, "1")]
    [InlineData("-0.01", 2, "-1")]
    [InlineData("-12.3", 1, "-123")]
    [InlineData("170141183460469231731687303715884105727", 0, "170141183460469231731687303715884105727")]
    [InlineData("-1.70141183460469231731687303715884105727", 38, "-170141183460469231731687303715884105727")]
    public void Number_is_read_exactly(string text, int scale, string units)
    {
        Assert.True(DecimalText.TryParse(text, scale, out var actual, out var error), error.ToString());
        Assert.Equal(Int128.Parse(units, CultureInfo.InvariantCulture), actual);
    }

    [Theory]
    [Trait("Covers", "H-32")]
    [InlineData("", 2, TextError.Empty)]
    [InlineData("NaN", 2, TextError.Character)]
    [InlineData("Infinity", 2, TextError.Character)]
    [InlineData("1e3", 2, TextError.Character)]
    [InlineData("1E3", 2, TextError.Character)]
    [InlineData("+1", 2, TextError.Character)]
    [InlineData("--1", 2, TextError.Character)]
    [InlineData("1-", 2, TextError.Character)]
    [InlineData(" 1", 2, TextError.Character)]
    [InlineData("1 ", 2, TextError.Character)]
    [InlineData("1,5", 2, TextError.Character)]
    [InlineData("1_000", 2, TextError.Character)]
    [InlineData("0x10", 2, TextError.Character)]
    [InlineData("１", 2, TextError.Character)] // a full-width digit
    [InlineData("١", 2, TextError.Character)] // an Arabic digit
    [InlineData("1\0", 2, TextError.Character)]
    [InlineData("-", 2, TextError.Form)]
    [InlineData(".", 2, TextError.Form)]
    [InlineData(".5", 2, TextError.Form)]
    [InlineData("5.", 2, TextError.Form)]
    [InlineData("-.5", 2, TextError.Form)]
    [InlineData("1.2.3", 2, TextError.Form)]
    [InlineData("01", 2, TextError.NotCanonical)]
    [InlineData("00", 2, TextError.NotCanonical)]
    [InlineData("-01.5", 2, TextError.NotCanonical)]
    [InlineData("-0", 2, TextError.NotCanonical)]
    [InlineData("-0.00", 2, TextError.NotCanonical)]
    [InlineData("1.234", 2, TextError.Digits)]
    [InlineData("1.230", 2, TextError.Digits)]
    [InlineData("1.0", 0, TextError.Digits)]
    [InlineData("170141183460469231731687303715884105728", 0, TextError.Range)]
    [InlineData("170141183460469231731687303715884105727", 1, TextError.Range)]
    [InlineData("999999999999999999999999999999999999999", 0, TextError.Range)]
    [InlineData("100000000000000000000000000000000000000000", 0, TextError.TooLong)]
    public void Anything_else_is_refused_and_never_zero_by_accident(string text, int scale, TextError expected)
    {
        Assert.False(DecimalText.TryParse(text, scale, out var units, out var error));
        Assert.Equal(expected, error);
        Assert.Equal(0, units);
    }

    [Theory]
    [InlineData("0", 0, "0")]
    [InlineData("0", 3, "0.000")]
    [InlineData("5", 2, "0.05")]
    [InlineData("-5", 2, "-0.05")]
    [InlineData("123", 2, "1.23")]
    [InlineData("100", 2, "1.00")]
    [InlineData("-170141183460469231731687303715884105728", 0, "-170141183460469231731687303715884105728")]
    [InlineData("-170141183460469231731687303715884105728", 38, "-1.70141183460469231731687303715884105728")]
    public void Number_is_written_with_all_digits_of_its_scale(string units, int scale, string text) =>
        Assert.Equal(text, DecimalText.Format(Int128.Parse(units, CultureInfo.InvariantCulture), scale));

    [Fact]
    public void Every_written_number_reads_back()
    {
        for (var bits = 0; bits < 127; bits++)
        {
            var power = Int128.One << bits;
            foreach (var magnitude in new[] { power, power - 1, (power / 7) + 1 })
            {
                for (var scale = 0; scale <= DecimalText.ScaleMax; scale++)
                {
                    AssertReadsBack(magnitude, scale);
                    AssertReadsBack(-magnitude, scale);
                }
            }
        }

        static void AssertReadsBack(Int128 units, int scale)
        {
            var text = DecimalText.Format(units, scale);
            Assert.True(text.Length <= DecimalText.LengthMax);
            Assert.Equal(scale == 0, !text.Contains('.'));
            Assert.Equal((BigInteger)units, BigInteger.Parse(text.Replace(".", ""), CultureInfo.InvariantCulture));
            Assert.True(DecimalText.TryParse(text, scale, out var read, out _));
            Assert.Equal(units, read);
        }
    }

    [Fact]
    public void Locale_of_the_thread_changes_nothing()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            german.NumberFormat.NumberDecimalSeparator = ",";
            german.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = german;
            Assert.Equal("-1.50", DecimalText.Format(-150, 2));
            Assert.True(DecimalText.TryParse("-1.50", 2, out var units, out _));
            Assert.Equal(-150, units);
            Assert.False(DecimalText.TryParse("-1,50", 2, out _, out _));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Amount_beyond_the_maximum_is_refused()
    {
        var max = Amount.Max.Units.ToString(CultureInfo.InvariantCulture);
        Assert.True(DecimalText.TryParseAmount(max, 0, out var amount, out _));
        Assert.Equal(Amount.Max, amount);
        Assert.True(DecimalText.TryParseAmount("-" + max, 0, out amount, out _));
        Assert.Equal(-Amount.Max.Units, amount.Units);
        var above = (Amount.Max.Units + 1).ToString(CultureInfo.InvariantCulture);
        foreach (var text in new[] { above, "-" + above })
        {
            Assert.False(DecimalText.TryParseAmount(text, 0, out amount, out var error));
            Assert.Equal(TextError.Range, error);
            Assert.Equal(default, amount);
        }
    }
}
