using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

/// <summary>
/// The rules of admission's first gate once more, read from the README and from the names of the fields, slowly: what
/// the fast decoder is held against.
/// </summary>
internal static class NaiveDecoder
{
    public static readonly CommandKind[] WithoutIdentity =
    [
        CommandKind.TestOrder, CommandKind.SetSessionConnection, CommandKind.FenceCommand, CommandKind.AdvanceDrain,
        CommandKind.AnnounceBehaviour,
    ];

    private static readonly ConcurrentDictionary<Type, LayoutField[]> Guarded = new();
    private static readonly ConcurrentDictionary<Type, bool[]> Defined = new();

    public static RejectCode Check(byte[] command)
    {
        if (command.Length < 64)
        {
            return RejectCode.Malformed;
        }

        var kind = (CommandKind)command[2];
        if (kind == CommandKind.None || !Enum.IsDefined(kind))
        {
            return RejectCode.Malformed;
        }

        var layout = Sample.LayoutOf(kind);
        if (command.Length != Layout.SizeOf(layout) || BitConverter.ToUInt16(command) != command.Length)
        {
            return RejectCode.Malformed;
        }

        if (command[3] != 1)
        {
            return RejectCode.UnsupportedVersion;
        }

        var isCanonical = IsIdentified(command, kind)
            && GuardedOf(layout).All(leaf => IsCanonical(command, layout, leaf))
            && IsNamedOnce(command, kind)
            && (kind != CommandKind.FenceCommand
                || (command.AsSpan(64, 16).ContainsAnyExcept((byte)0)
                    && !WithoutIdentity.Contains(MemoryMarshal.AsRef<FenceCommand>(command).TargetKind)));
        return isCanonical ? RejectCode.None : RejectCode.NotCanonical;
    }

    // The fields that not every value is allowed in.
    private static LayoutField[] GuardedOf(Type layout) => Guarded.GetOrAdd(layout, found =>
    [
        .. Layout.LeavesOf(found).Where(leaf =>
            leaf.IsReserved || leaf.Type.IsEnum || Sample.IsBoolean(found, leaf)),
    ]);

    private static bool IsCanonical(byte[] command, Type layout, LayoutField leaf)
    {
        var value = command.AsSpan(leaf.Offset, leaf.Size);
        if (leaf.IsReserved)
        {
            return !value.ContainsAnyExcept((byte)0);
        }

        if (Sample.IsBoolean(layout, leaf))
        {
            return value[0] <= 1;
        }

        if (leaf.Name == "TargetKind")
        {
            var target = (CommandKind)value[0];
            return target != CommandKind.None && Enum.IsDefined(target);
        }

        return !leaf.Type.IsEnum || Defined.GetOrAdd(leaf.Type, NumbersOf)[value[0]];
    }

    private static bool[] NumbersOf(Type type) =>
        [.. Enumerable.Range(0, 256).Select(number => Enum.IsDefined(type, (byte)number))];

    private static bool IsIdentified(byte[] command, CommandKind kind)
    {
        var mode = (DedupMode)command[4];
        var hasSession = command.AsSpan(20, 4).ContainsAnyExcept((byte)0);
        var hasStamp = command.AsSpan(24, 8).ContainsAnyExcept((byte)0);
        var hasKey = command.AsSpan(32, 16).ContainsAnyExcept((byte)0);
        return mode switch
        {
            DedupMode.None => !hasSession && !hasStamp && !hasKey,
            DedupMode.Session => hasSession && hasStamp && !hasKey && !WithoutIdentity.Contains(kind),
            DedupMode.Keyed => !hasSession && hasKey && !WithoutIdentity.Contains(kind),
            _ => false,
        };
    }

    private static bool IsNamedOnce(byte[] command, CommandKind kind) =>
        kind is not (CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder)
        || command.AsSpan(64, 8).ContainsAnyExcept((byte)0) != command.AsSpan(72, 16).ContainsAnyExcept((byte)0);
}
