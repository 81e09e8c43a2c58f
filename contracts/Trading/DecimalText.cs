namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Decimal texts of whole numbers of minor units: an optional minus, digits without a leading zero, and after a point
/// as many digits as the scale (reading also takes fewer). No exponent, plus, separator, space, rounding, floating
/// point or locale.
/// </summary>
public static class DecimalText
{
    /// <summary>Most digits after the point.</summary>
    public const int ScaleMax = 38;

    /// <summary>Most characters of any value: minus, 39 digits, point.</summary>
    public const int LengthMax = 41;

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="scale">Digits after the point that the value has, 0 to <see cref="ScaleMax"/>.</param>
    /// <param name="units">The value in units of 10^−scale, −(2^127 − 1) to 2^127 − 1; zero where refused.</param>
    /// <param name="error">Why it is refused.</param>
    /// <returns>True where the text is a number of that scale.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, int scale, out Int128 units, out TextError error)
    {
        var isNegative = text is ['-', ..];
        var digits = isNegative ? text[1..] : text;
        units = Int128.Zero;
        error = CheckForm(text, digits, scale, out var point);
        if (error != TextError.None)
        {
            return false;
        }

        var isInRange = true;
        for (var i = 0; i < digits.Length; i++)
        {
            isInRange = isInRange && (i == point || TryAppend(ref units, digits[i] - '0'));
        }

        for (var places = point < 0 ? 0 : digits.Length - point - 1; places < scale; places++)
        {
            isInRange = isInRange && TryAppend(ref units, 0);
        }

        if (!isInRange || (isNegative && units == 0))
        {
            error = isInRange ? TextError.NotCanonical : TextError.Range;
            units = Int128.Zero;
            return false;
        }

        units = isNegative ? -units : units;
        return true;
    }

    /// <summary>Writes a value with exactly as many digits after the point as the scale.</summary>
    /// <param name="units">The value in units of 10^−scale.</param>
    /// <param name="scale">Digits after the point, 0 to <see cref="ScaleMax"/>.</param>
    /// <param name="destination">Room for <see cref="LengthMax"/> characters.</param>
    /// <returns>Characters written.</returns>
    public static int Format(Int128 units, int scale, Span<char> destination)
    {
        // The most negative value has no negation among the signed ones.
        var rest = units < 0 ? (UInt128)(-(units + 1)) + 1 : (UInt128)units;
        Span<char> reversed = stackalloc char[LengthMax];
        var count = 0;
        for (var place = 0; rest != 0 || place <= scale; place++)
        {
            if (place == scale && scale > 0)
            {
                reversed[count++] = '.';
            }

            (rest, var digit) = UInt128.DivRem(rest, 10);
            reversed[count++] = (char)('0' + (int)digit);
        }

        if (units < 0)
        {
            reversed[count++] = '-';
        }

        for (var i = 0; i < count; i++)
        {
            destination[i] = reversed[count - 1 - i];
        }

        return count;
    }

    /// <summary>Writes a value with exactly as many digits after the point as the scale.</summary>
    /// <param name="units">The value in units of 10^−scale.</param>
    /// <param name="scale">Digits after the point, 0 to <see cref="ScaleMax"/>.</param>
    /// <returns>The text.</returns>
    public static string Format(Int128 units, int scale)
    {
        Span<char> text = stackalloc char[LengthMax];
        return new string(text[..Format(units, scale, text)]);
    }

    /// <summary>Reads an amount of an asset.</summary>
    /// <param name="text">The text.</param>
    /// <param name="scale">The asset's scale.</param>
    /// <param name="amount">The amount, at most <see cref="Amount.Max"/> either way; zero where refused.</param>
    /// <param name="error">Why it is refused.</param>
    /// <returns>True where the text is an amount of the asset.</returns>
    public static bool TryParseAmount(ReadOnlySpan<char> text, int scale, out Amount amount, out TextError error)
    {
        amount = default;
        if (!TryParse(text, scale, out var units, out error))
        {
            return false;
        }

        if (units > Amount.Max.Units || units < -Amount.Max.Units)
        {
            error = TextError.Range;
            return false;
        }

        amount = new Amount(units);
        return true;
    }

    private static TextError CheckForm(
        ReadOnlySpan<char> text,
        ReadOnlySpan<char> digits,
        int scale,
        out int point)
    {
        point = -1;
        if (text.IsEmpty)
        {
            return TextError.Empty;
        }

        if (text.Length > LengthMax)
        {
            return TextError.TooLong;
        }

        for (var i = 0; i < digits.Length; i++)
        {
            if (digits[i] is not ((>= '0' and <= '9') or '.'))
            {
                return TextError.Character;
            }
        }

        point = digits.IndexOf('.');
        var lastPoint = digits.LastIndexOf('.');
        if (digits.IsEmpty || point == 0 || point != lastPoint || lastPoint == digits.Length - 1)
        {
            return TextError.Form;
        }

        if (digits is ['0', not '.', ..])
        {
            return TextError.NotCanonical;
        }

        return point >= 0 && digits.Length - point - 1 > scale ? TextError.Digits : TextError.None;
    }

    private static bool TryAppend(ref Int128 value, int digit)
    {
        if (value > (Int128.MaxValue - digit) / 10)
        {
            return false;
        }

        value = (value * 10) + digit;
        return true;
    }
}
