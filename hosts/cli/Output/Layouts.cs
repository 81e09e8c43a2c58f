using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Output;

/// <summary>
/// Commands, results and events as rows, by the fields of their layouts; reserved ones are left out. Amounts, lots and
/// ticks are whole numbers as they stand in the log, hashes and 128-bit ids are hexadecimal.
/// </summary>
internal static class Layouts
{
    private static readonly ConcurrentDictionary<string, Type?> _types = new();

    public static JsonObject OfCommand(ReadOnlySpan<byte> command)
    {
        var kind = command.Length > 2 ? (CommandKind)command[2] : CommandKind.None;
        var name = kind == CommandKind.TestOrder ? nameof(PlaceOrder) : kind.ToString();
        return OfLayout(name, EnumText.NameOf(kind), command);
    }

    public static JsonObject OfResult(ReadOnlySpan<byte> result)
    {
        var row = new JsonObject();
        AddFields(row, MemoryMarshal.Read<CommandResult>(result));
        return row;
    }

    public static JsonObject OfEvent(ReadOnlySpan<byte> happened)
    {
        var kind = happened.Length > 2 ? (EventKind)happened[2] : EventKind.None;
        var name = kind switch
        {
            EventKind.Entry => nameof(EntryFrame),
            EventKind.Cause => nameof(CauseFrame),
            EventKind.OrderRejected => nameof(CommandRejected),
            EventKind.OrderAmended or EventKind.OrderReplaced => nameof(OrderChanged),
            EventKind.Deposited or EventKind.Withdrawn or EventKind.Adjusted => nameof(BalanceChanged),
            _ => kind.ToString(),
        };
        return OfLayout(name, EnumText.NameOf(kind), happened);
    }

    /// <summary>The fields of any layout, those of structures within it included.</summary>
    public static JsonObject Of<T>(in T value)
        where T : unmanaged
    {
        var row = new JsonObject();
        AddFields(row, value);
        return row;
    }

    /// <summary>A 64-bit hash, as everywhere.</summary>
    public static string Hash(ulong hash) => hash.ToString("x16", null);

    private static JsonObject OfLayout(string typeName, string kind, ReadOnlySpan<byte> bytes)
    {
        var row = new JsonObject { ["kind"] = kind };
        var type = _types.GetOrAdd(
            typeName,
            static name => typeof(CommandHeader).Assembly.GetType($"{typeof(CommandHeader).Namespace}.{name}"));
        if (type is not null && Marshal.SizeOf(type) == bytes.Length)
        {
            var handle = GCHandle.Alloc(bytes.ToArray(), GCHandleType.Pinned);
            AddFields(row, Marshal.PtrToStructure(handle.AddrOfPinnedObject(), type)!);
            handle.Free();
        }

        return row;
    }

    private static void AddFields(JsonObject row, object value)
    {
        foreach (var field in value.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            if (field.Name.StartsWith("Reserved", StringComparison.Ordinal))
            {
                continue;
            }

            var inner = field.GetValue(value)!;
            if (inner is CommandHeader or EventHeader or InstrumentPolicy or GlobalPolicy)
            {
                AddFields(row, inner);
            }
            else if (!row.ContainsKey(Snake(field.Name)))
            {
                row[Snake(field.Name)] = Value(field.Name, inner);
            }
        }
    }

    // The ids and amounts are records of one number.
    private static JsonNode Value(string name, object value)
    {
        var property = value.GetType().IsPrimitive || value is Enum or Int128 or UInt128 or ChainHash
            ? null
            : value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .FirstOrDefault(one => one.Name is "Value" or "Ticks" or "Lots" or "Units");
        return (property?.GetValue(value) ?? value) switch
        {
            ulong hash when name.EndsWith("Hash", StringComparison.Ordinal) => Hash(hash),
            ulong number => number,
            long number => number,
            uint number => number,
            int number => number,
            ushort number => number,
            byte number => number,

            // Beyond what a JSON reader may take for a number.
            Int128 number => number.ToString(),
            UInt128 number => number.ToString("x32", null),
            var other when other.GetType().IsEnum => Snake(other.ToString()!).ToUpperInvariant(),
            var other => other.ToString()!,
        };
    }

    private static string Snake(string name) => string.Concat(name.Select((letter, place) =>
        char.IsAsciiLetterUpper(letter) && place > 0 && name[place - 1] is not (' ' or '_')
            ? $"_{char.ToLowerInvariant(letter)}"
            : $"{char.ToLowerInvariant(letter)}"));
}
