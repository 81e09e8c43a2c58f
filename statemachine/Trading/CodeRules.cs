namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Which bytes are an asset code or a symbol. Upper case only: nothing is folded.</summary>
internal static class CodeRules
{
    public static bool IsAssetCode(ulong code) => LengthOf(code, sizeof(ulong), out _) is >= 1;

    public static bool IsSymbol(UInt128 symbol)
    {
        var length = LengthOf(symbol, 16, out var hyphen);
        return length >= 3 && hyphen > 0 && hyphen < length - 1;
    }

    private static byte LetterAt(UInt128 text, int position) => unchecked((byte)(text >> (8 * position)));

    // The number of characters before the zero padding, or −1 where a byte is not allowed. At most one hyphen.
    private static int LengthOf(UInt128 text, int bytesMax, out int hyphen)
    {
        hyphen = -1;
        var length = 0;
        while (length < bytesMax && LetterAt(text, length) != 0)
        {
            var letter = LetterAt(text, length);
            if (letter == '-' && hyphen < 0 && bytesMax == 16)
            {
                hyphen = length;
            }
            else if (letter is not ((>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9')))
            {
                return -1;
            }

            length++;
        }

        return length < bytesMax && text >> (8 * length) != 0 ? -1 : length;
    }
}
