using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Hosts.Cli.Logs;

/// <summary>Entries as rows.</summary>
internal static class LogText
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static JsonObject OfEntry(in EntryHeader header) => new()
    {
        ["index"] = header.Index,
        ["term"] = header.Term,
        ["epoch"] = header.Epoch,
        ["kind"] = Name($"{header.Kind}"),
        ["timestamp"] = header.Timestamp,
        ["time"] = Time(header.Timestamp),
        ["commands"] = header.CommandCount,
        ["bytes"] = header.PayloadLength,
        ["chain_hash"] = header.ChainHash.ToString(),
    };

    /// <summary>Log time as people write it, to the nanosecond.</summary>
    public static string Time(long timestamp)
    {
        var (seconds, nanoseconds) = Math.DivRem(timestamp, NanosecondsPerSecond);
        return $"{DateTimeOffset.FromUnixTimeSeconds(seconds):yyyy-MM-ddTHH:mm:ss}.{nanoseconds:d9}Z";
    }

    /// <summary>A name of the code in upper case: RECORD_DAMAGED.</summary>
    public static string Name(string name) => string.Concat(name.Select((letter, place) =>
        char.IsAsciiLetterUpper(letter) && place > 0 ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));

    /// <summary>Puts a row's values behind those of another.</summary>
    public static void Append(JsonObject row, JsonObject more)
    {
        foreach (var (key, value) in more)
        {
            row[key] = value?.DeepClone();
        }
    }
}
