using System.Text;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

/// <summary>
/// Filled-in instances. The value of a field is a hash of its name, so golden bytes change when a field moves, is
/// renamed or changes its size. Reserved fields are zero, enumerations and flags 1.
/// </summary>
internal static class Sample
{
    // Bytes that are 0 or 1; everything else of this size is an enumeration, reserved, a scale or a version.
    private static readonly HashSet<string> Booleans =
        ["PlaceOrder.Flags", "SetWithdrawalHalt.Halted", "SetSessionConnection.Connected", "DecideAdjustment.Approve",
         "SetUser.Enabled", "AnnounceBehaviour.Voter"];

    private static readonly Dictionary<string, Type> Named = Layout.Types.ToDictionary(type => type.Name);

    public static bool IsBoolean(Type layout, LayoutField field) => Booleans.Contains($"{layout.Name}.{field.Name}");

    /// <summary>The layout of a command's kind.</summary>
    public static Type LayoutOf(CommandKind kind) => kind == CommandKind.TestOrder
        ? typeof(PlaceOrder)
        : Named[kind.ToString()];

    /// <summary>The layout of an event's kind.</summary>
    public static Type LayoutOf(EventKind kind) => kind switch
    {
        EventKind.Entry => typeof(EntryFrame),
        EventKind.Cause => typeof(CauseFrame),
        EventKind.OrderRejected => typeof(CommandRejected),
        EventKind.OrderAmended or EventKind.OrderReplaced => typeof(OrderChanged),
        EventKind.Deposited or EventKind.Withdrawn or EventKind.Adjusted => typeof(BalanceChanged),
        _ => Named[kind.ToString()],
    };

    /// <summary>Any layout filled in, without regard to what goes together.</summary>
    public static byte[] Of(Type layout)
    {
        var bytes = new byte[Layout.SizeOf(layout)];
        foreach (var leaf in Layout.LeavesOf(layout))
        {
            Fill(bytes.AsSpan(leaf.Offset, leaf.Size), layout, leaf);
        }

        return bytes;
    }

    /// <summary>A canonical command.</summary>
    public static byte[] Of(CommandKind kind)
    {
        var layout = LayoutOf(kind);
        var bytes = Of(layout);
        Set(bytes, layout, "Header.Length", (ulong)bytes.Length);
        Set(bytes, layout, "Header.Kind", (ulong)kind);
        Set(bytes, layout, "Header.Version", CommandHeader.CurrentVersion);
        Identify(bytes, layout, CommandRules.Of(kind).NeedsIdentity ? DedupMode.Keyed : DedupMode.None);
        if (kind is CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder)
        {
            Set(bytes, layout, "ClientOrderId", 0);
        }

        return bytes;
    }

    /// <summary>An event that its reader takes, where frames stand before it.</summary>
    public static byte[] Of(EventKind kind)
    {
        var layout = LayoutOf(kind);
        var bytes = Of(layout);
        Set(bytes, layout, "Header.Length", (ulong)bytes.Length);
        Set(bytes, layout, "Header.Kind", (ulong)kind);
        Set(bytes, layout, "Header.Version", EventHeader.CurrentVersion);
        Set(bytes, layout, "Header.Stream", kind == EventKind.Entry ? 3u : 7u);
        if (kind == EventKind.Entry)
        {
            Set(bytes, layout, "Timestamp", 1_700_000_000_000_000_000);
        }

        return bytes;
    }

    /// <summary>Fills in the header fields that a dedup mode uses, and empties the others.</summary>
    public static void Identify(byte[] bytes, Type layout, DedupMode mode)
    {
        Set(bytes, layout, "Header.Dedup", (ulong)mode);
        Set(bytes, layout, "Header.Session", mode == DedupMode.Session ? 5u : 0u);
        Set(bytes, layout, "Header.Stamp", mode == DedupMode.None ? 0u : 6u);
        Set(bytes, layout, "Header.Key", mode == DedupMode.Keyed ? 7u : 0u);
    }

    /// <summary>Sets one leaf to a number, high bytes zero.</summary>
    public static void Set(byte[] bytes, Type layout, string name, ulong value)
    {
        var leaf = Layout.LeavesOf(layout).Single(leaf => leaf.Name == name);
        Put(bytes.AsSpan(leaf.Offset, leaf.Size), value);
    }

    private static void Put(Span<byte> place, ulong value)
    {
        for (var i = 0; i < place.Length; i++)
        {
            place[i] = i < 8 ? (byte)((value >> (8 * i)) & 0xFF) : (byte)0;
        }
    }

    private static void Fill(Span<byte> place, Type layout, LayoutField leaf)
    {
        if (leaf.IsReserved)
        {
            return;
        }

        if (leaf.Type.IsEnum || IsBoolean(layout, leaf))
        {
            Put(place, 1);
            return;
        }

        var seed = 0UL;
        for (var i = 0; i < place.Length; i++)
        {
            if (i % 8 == 0)
            {
                seed = StableHash.Of(Encoding.UTF8.GetBytes($"{layout.Name}.{leaf.Name}"), seed + 1);
            }

            place[i] = (byte)((seed >> (8 * (i % 8))) & 0xFF);
        }
    }
}
