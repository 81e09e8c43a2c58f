using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class TextTests
{
    [Theory]
    [Trait("Covers", "H-45")]
    [InlineData("BTC-KRW", TextError.None)]
    [InlineData("A-B", TextError.None)]
    [InlineData("1-2", TextError.None)]
    [InlineData("ABCDEFGH-1234567", TextError.None)]
    [InlineData("btc-krw", TextError.Character)]
    [InlineData("BTC-KRw", TextError.Character)]
    [InlineData("BTC/KRW", TextError.Character)]
    [InlineData("BTC_KRW", TextError.Character)]
    [InlineData(" BTC-KRW", TextError.Character)]
    [InlineData("BTC-KRW\0", TextError.Character)]
    [InlineData("ВТС-KRW", TextError.Character)] // Cyrillic capitals that look the same
    [InlineData("ＢTC-KRW", TextError.Character)] // a full-width B
    [InlineData("BTCKRW", TextError.Form)]
    [InlineData("-BTCKRW", TextError.Form)]
    [InlineData("BTCKRW-", TextError.Form)]
    [InlineData("BTC--KRW", TextError.Form)]
    [InlineData("BTC-KRW-X", TextError.Form)]
    [InlineData("-", TextError.Form)]
    [InlineData("", TextError.Empty)]
    [InlineData("ABCDEFGH-12345678", TextError.TooLong)]
    public void Symbol_is_upper_case_and_hyphenated_or_refused(string text, TextError expected)
    {
        Assert.Equal(expected == TextError.None, SymbolText.TryParse(text, out var symbol, out var error));
        Assert.Equal(expected, error);
        Assert.Equal(expected == TextError.None, symbol != 0);
        Assert.Equal(expected == TextError.None, SymbolText.IsValid(symbol));
        Assert.Equal(expected == TextError.None ? text : "", SymbolText.Format(symbol));
    }

    [Theory]
    [InlineData("BTC", TextError.None)]
    [InlineData("1INCH", TextError.None)]
    [InlineData("ABCDEFGH", TextError.None)]
    [InlineData("btc", TextError.Character)]
    [InlineData("BT-C", TextError.Character)]
    [InlineData("-", TextError.Character)]
    [InlineData("B C", TextError.Character)]
    [InlineData("", TextError.Empty)]
    [InlineData("ABCDEFGHI", TextError.TooLong)]
    public void Asset_code_is_upper_case_or_refused(string text, TextError expected)
    {
        Assert.Equal(expected == TextError.None, AssetText.TryParse(text, out var code, out var error));
        Assert.Equal(expected, error);
        Assert.Equal(expected == TextError.None, AssetText.IsValid(code));
        Assert.Equal(expected == TextError.None ? text : "", AssetText.Format(code));
    }

    [Fact]
    public void First_character_is_the_lowest_byte()
    {
        Assert.True(AssetText.TryParse("AB", out var code, out _));
        Assert.Equal(0x4241UL, code);
        Assert.True(SymbolText.TryParse("ABCDEFGH-1234567", out var symbol, out _));
        Assert.Equal("ABCDEFGH-1234567", System.Text.Encoding.ASCII.GetString(Layout.Write(symbol)));
    }

    [Fact]
    public void Numbers_that_no_text_makes_are_not_codes()
    {
        Assert.False(AssetText.IsValid(0));
        Assert.False(AssetText.IsValid(0x4200)); // a zero before the first character
        Assert.False(AssetText.IsValid(0x42_00_41)); // a zero between characters
        Assert.False(AssetText.IsValid(0x61)); // lower case
        Assert.False(AssetText.IsValid(0x2D)); // a hyphen
        Assert.False(AssetText.IsValid(ulong.MaxValue));
        Assert.True(AssetText.IsValid(0x4241));
        Assert.False(SymbolText.IsValid(0));
        Assert.False(SymbolText.IsValid(UInt128.MaxValue));
        Assert.False(SymbolText.IsValid(0x00_42_00_2D_41));
        Assert.True(SymbolText.IsValid(0x42_2D_41));
        Assert.Equal("", SymbolText.Format(UInt128.MaxValue));
    }

    [Fact]
    public void Codes_have_the_names_that_clients_know()
    {
        Assert.Equal("INSUFFICIENT_FUNDS", EnumText.NameOf(RejectCode.InsufficientFunds));
        Assert.Equal("PRICE_BAND", EnumText.NameOf(RejectCode.PriceBand));
        Assert.Equal("MARKET_HALTED", EnumText.NameOf(RejectCode.MarketHalted));
        Assert.Equal("CANCEL_ONLY", EnumText.NameOf(RejectCode.CancelOnly));
        Assert.Equal("SOFT_HALT", EnumText.NameOf(SymbolMode.SoftHalt));
        Assert.Equal("TAKE_PROFIT_LIMIT", EnumText.NameOf(OrderType.TakeProfitLimit));
        Assert.Equal("NONE", EnumText.NameOf(RejectCode.None));
        Assert.Equal("", EnumText.NameOf((RejectCode)200));
        Assert.Equal("", EnumText.NameOf((RejectCode)ushort.MaxValue));
    }

    [Fact]
    public void Every_name_reads_back_to_its_value_and_no_two_share_one()
    {
        Check<RejectCode>();
        Check<CommandKind>();
        Check<EventKind>();
        Check<OrderType>();
        Check<TimeInForce>();
        Check<SymbolMode>();
        Check<CancelReason>();

        static void Check<T>()
            where T : unmanaged, Enum
        {
            var names = new HashSet<string>();
            foreach (var value in Enum.GetValues<T>())
            {
                var name = EnumText.NameOf(value);
                Assert.Matches("^[A-Z]+(_[A-Z]+)*$", name);
                Assert.True(names.Add(name));
                Assert.True(EnumText.TryParse<T>(name, out var read));
                Assert.Equal(value, read);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("insufficient_funds")]
    [InlineData("InsufficientFunds")]
    [InlineData("INSUFFICIENT_FUNDS ")]
    [InlineData("101")]
    public void Any_other_name_is_refused(string text) => Assert.False(EnumText.TryParse<RejectCode>(text, out _));
}
