namespace Exchange.Rsm.Contracts.Trading;

/// <summary>An asset's code as text: 1 to 8 of A-Z and 0-9. In commands it is a number, first byte lowest.</summary>
public static class AssetText
{
    /// <summary>Most characters of a code.</summary>
    public const int LengthMax = 8;

    /// <summary>Reads a code. Lower case is refused, not folded: one asset has one name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="code">The code; zero where refused.</param>
    /// <param name="error">Why it is refused.</param>
    /// <returns>True where it is a code.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong code, out TextError error)
    {
        code = 0;
        error = CodeCharacters.Pack(text, LengthMax, out var packed, out var hyphen);
        if (error == TextError.None && hyphen >= 0)
        {
            error = TextError.Character;
        }

        if (error != TextError.None)
        {
            return false;
        }

        code = (ulong)packed;
        return true;
    }

    /// <summary>Whether a number is a code: no other character, and nothing behind the first zero byte.</summary>
    /// <param name="code">Any number.</param>
    /// <returns>True where it is.</returns>
    public static bool IsValid(ulong code)
    {
        Span<char> text = stackalloc char[LengthMax];
        return CodeCharacters.TryUnpack(code, text, out var length)
            && TryParse(text[..length], out _, out _);
    }

    /// <summary>Writes a code.</summary>
    /// <param name="code">A valid code.</param>
    /// <returns>The text; empty where the number is not a code.</returns>
    public static string Format(ulong code)
    {
        Span<char> text = stackalloc char[LengthMax];
        return IsValid(code) && CodeCharacters.TryUnpack(code, text, out var length) ? new string(text[..length]) : "";
    }
}

/// <summary>
/// An instrument's symbol as text: BASE-QUOTE, 3 to 16 of A-Z and 0-9 and one inner hyphen. In commands it is a number,
/// first byte lowest.
/// </summary>
public static class SymbolText
{
    /// <summary>Most characters of a symbol, hyphen included.</summary>
    public const int LengthMax = 16;

    /// <summary>Reads a symbol. Lower case is refused, not folded: one instrument has one name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="symbol">The symbol; zero where refused.</param>
    /// <param name="error">Why it is refused.</param>
    /// <returns>True where it is a symbol.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out UInt128 symbol, out TextError error)
    {
        error = CodeCharacters.Pack(text, LengthMax, out symbol, out var hyphen);
        if (error == TextError.None && (hyphen <= 0 || hyphen == text.Length - 1))
        {
            error = TextError.Form;
        }

        if (error != TextError.None)
        {
            symbol = UInt128.Zero;
            return false;
        }

        return true;
    }

    /// <summary>Whether a number is a symbol: characters, form, and nothing behind the first zero byte.</summary>
    /// <param name="symbol">Any number.</param>
    /// <returns>True where it is.</returns>
    public static bool IsValid(UInt128 symbol)
    {
        Span<char> text = stackalloc char[LengthMax];
        return CodeCharacters.TryUnpack(symbol, text, out var length)
            && TryParse(text[..length], out _, out _);
    }

    /// <summary>Writes a symbol.</summary>
    /// <param name="symbol">A valid symbol.</param>
    /// <returns>The text; empty where the number is not a symbol.</returns>
    public static string Format(UInt128 symbol)
    {
        Span<char> text = stackalloc char[LengthMax];
        return IsValid(symbol) && CodeCharacters.TryUnpack(symbol, text, out var length)
            ? new string(text[..length])
            : "";
    }
}

/// <summary>The characters of codes and symbols, packed into a number with the first in its lowest byte.</summary>
internal static class CodeCharacters
{
    // The place of the hyphen, or −1. A second hyphen is an error of form.
    public static TextError Pack(ReadOnlySpan<char> text, int lengthMax, out UInt128 packed, out int hyphen)
    {
        packed = UInt128.Zero;
        hyphen = -1;
        if (text.IsEmpty)
        {
            return TextError.Empty;
        }

        if (text.Length > lengthMax)
        {
            return TextError.TooLong;
        }

        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character is '-')
            {
                if (hyphen >= 0)
                {
                    return TextError.Form;
                }

                hyphen = i;
            }
            else if (character is not ((>= 'A' and <= 'Z') or (>= '0' and <= '9')))
            {
                return TextError.Character;
            }

            packed |= (UInt128)character << (8 * i);
        }

        return TextError.None;
    }

    // False where a byte other than zero stands behind the first zero byte.
    public static bool TryUnpack(UInt128 packed, Span<char> text, out int length)
    {
        length = 0;
        while (packed != UInt128.Zero && length < text.Length)
        {
            var character = (char)(packed & 0xFF);
            if (character == '\0')
            {
                return false;
            }

            text[length++] = character;
            packed >>= 8;
        }

        return packed == UInt128.Zero;
    }
}
