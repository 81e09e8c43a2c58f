using System.Globalization;
using System.Text;

namespace Exchange.Rsm.Hosts.Grpc;

/// <summary>
/// The texts of the protocol "gRPC over HTTP2": <c>grpc-timeout</c> and <c>grpc-message</c>.
/// </summary>
internal static class GrpcWire
{
    /// <summary>Bytes before each message: compressed or not, and the length, big-endian.</summary>
    public const int PrefixSize = 5;

    // A day at most: a caller that is ready to wait longer is not worse off, and no timer overflows.
    private static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(1);

    /// <summary>Reads a timeout: one to eight digits and a unit.</summary>
    public static bool TryReadTimeout(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9
            || !long.TryParse(
                text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        TimeSpan? unit = text[^1] switch
        {
            'H' => TimeSpan.FromHours(1),
            'M' => TimeSpan.FromMinutes(1),
            'S' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMilliseconds(1),
            'u' => TimeSpan.FromMicroseconds(1),
            'n' => TimeSpan.Zero,
            _ => null,
        };
        if (unit is null)
        {
            return false;
        }

        // Ticks are 100 ns; eight digits of hours are within their range.
        timeout = text[^1] == 'n' ? TimeSpan.FromTicks(Math.Max(1, count / 100)) : unit.Value * count;
        timeout = timeout > TimeoutMax ? TimeoutMax : timeout;
        return true;
    }

    /// <summary>Writes a message as a header may carry it: printable ASCII, all else as %XX of UTF-8.</summary>
    public static string Escape(string message)
    {
        var text = new StringBuilder(message.Length);
        foreach (var value in Encoding.UTF8.GetBytes(message))
        {
            if (value is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                text.Append((char)value);
            }
            else
            {
                text.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }
}
