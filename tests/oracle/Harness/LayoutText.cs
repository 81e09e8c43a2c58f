using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Oracle.Tests.Harness;

/// <summary>Commands, results and events with all their fields but zeros, for the reader of a failure.</summary>
internal static class LayoutText
{
    private static readonly Assembly _contracts = typeof(CommandHeader).Assembly;

    public static string Command(ReadOnlySpan<byte> command)
    {
        var kind = command.Length > 2 ? (CommandKind)command[2] : CommandKind.None;
        var name = kind == CommandKind.TestOrder ? nameof(PlaceOrder) : kind.ToString();
        return Text($"{kind}", name, command);
    }

    public static string Event(ReadOnlySpan<byte> happened)
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
        return Text($"{kind}", name, happened);
    }

    public static string Result(ReadOnlySpan<byte> result) => Text("result", nameof(CommandResult), result);

    private static string Text(string title, string typeName, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return "nothing";
        }

        var type = _contracts.GetType($"{typeof(CommandHeader).Namespace}.{typeName}");
        if (type is null || Marshal.SizeOf(type) != bytes.Length)
        {
            return $"{title} {Convert.ToHexStringLower(bytes)}";
        }

        var handle = GCHandle.Alloc(bytes.ToArray(), GCHandleType.Pinned);
        var text = new StringBuilder(title);
        AppendFields(text, Marshal.PtrToStructure(handle.AddrOfPinnedObject(), type)!);
        handle.Free();
        return text.ToString();
    }

    private static void AppendFields(StringBuilder text, object value)
    {
        foreach (var field in value.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            var inner = field.GetValue(value)!;
            if (inner.Equals(Activator.CreateInstance(field.FieldType)))
            {
                continue;
            }

            if (inner is CommandHeader or EventHeader or InstrumentPolicy or GlobalPolicy)
            {
                AppendFields(text, inner);
            }
            else
            {
                text.Append($" {field.Name}={Plain(inner)}");
            }
        }
    }

    // The ids and amounts are records of one number.
    private static string Plain(object value)
    {
        var property = value.GetType().IsPrimitive || value is Enum or Int128 or UInt128
            ? null
            : value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .FirstOrDefault(one => one.Name is "Value" or "Ticks" or "Lots" or "Units");
        return (property?.GetValue(value) ?? value).ToString()!;
    }
}
