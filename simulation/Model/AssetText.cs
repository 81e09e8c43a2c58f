using System.Runtime.InteropServices;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>
/// Codes of assets and symbols of instruments: text in an integer, first byte lowest, padded with zeros.
/// </summary>
internal static class AssetText
{
    private const byte Hyphen = (byte)'-';

    /// <summary>1 to 8 letters and digits.</summary>
    public static bool IsCode(ulong code) => TextOf(code) is { Length: > 0 } text && text.All(IsLetterOrDigit);

    /// <summary>3 to 16 letters, digits and one hyphen that is neither first nor last.</summary>
    public static bool IsSymbol(UInt128 symbol) =>
        TextOf(symbol) is { Length: >= 3 } text
        && text.All(one => one == Hyphen || IsLetterOrDigit(one))
        && text.Count(one => one == Hyphen) == 1
        && text[0] != Hyphen
        && text[^1] != Hyphen;

    /// <summary>The bytes up to the padding; a zero inside stays and makes the text invalid.</summary>
    private static byte[] TextOf<T>(T value)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
        return [.. bytes.Reverse().SkipWhile(one => one == 0).Reverse()];
    }

    private static bool IsLetterOrDigit(byte one) =>
        one is (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9');
}
