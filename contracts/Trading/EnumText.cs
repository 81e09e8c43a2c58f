using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Names of enumeration values as the edges and operators write them: upper case, words joined by underscores,
/// `INSUFFICIENT_FUNDS` for <see cref="RejectCode.InsufficientFunds"/>. Made of the names in the code, once for each
/// enumeration. Not for sets of bits.
/// </summary>
public static class EnumText
{
    /// <summary>The name of a value.</summary>
    /// <typeparam name="T">The enumeration; its numbers are below 256.</typeparam>
    /// <param name="value">The value.</param>
    /// <returns>The name; empty where the enumeration does not define the value.</returns>
    public static string NameOf<T>(T value)
        where T : unmanaged, Enum
    {
        var number = NumberOf(value);
        return number < Names<T>.ByNumber.Length ? Names<T>.ByNumber[number] : "";
    }

    /// <summary>Reads a name, letter by letter: no folding, no numbers.</summary>
    /// <typeparam name="T">The enumeration.</typeparam>
    /// <param name="text">The text.</param>
    /// <param name="value">The value; the enumeration's zero where there is none.</param>
    /// <returns>True where the enumeration defines it.</returns>
    public static bool TryParse<T>(ReadOnlySpan<char> text, out T value)
        where T : unmanaged, Enum
    {
        value = default;
        if (text.IsEmpty)
        {
            return false;
        }

        var values = Names<T>.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (text.SequenceEqual(Names<T>.ByNumber[NumberOf(values[i])]))
            {
                value = values[i];
                return true;
            }
        }

        return false;
    }

    private static int NumberOf<T>(T value)
        where T : unmanaged, Enum => Unsafe.SizeOf<T>() switch
        {
            1 => Unsafe.BitCast<T, byte>(value),
            2 => Unsafe.BitCast<T, ushort>(value),
            _ => int.MaxValue,
        };

    private static string UpperSnake(string name)
    {
        var text = new char[name.Length * 2];
        var length = 0;
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i]))
            {
                text[length++] = '_';
            }

            text[length++] = char.ToUpperInvariant(name[i]);
        }

        return new string(text, 0, length);
    }

    private static class Names<T>
        where T : unmanaged, Enum
    {
        internal static readonly T[] Values = Enum.GetValues<T>();
        internal static readonly string[] ByNumber = Build();

        private static string[] Build()
        {
            var names = Enum.GetNames<T>();
            var byNumber = new string[256];
            Array.Fill(byNumber, "");
            for (var i = 0; i < names.Length; i++)
            {
                var number = NumberOf(Values[i]);
                Invariant.Check(number < byNumber.Length);
                byNumber[number] = UpperSnake(names[i]);
            }

            return byNumber;
        }
    }
}
