using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

/// <summary>One field of a layout.</summary>
/// <param name="Name">Its name; with the names of the fields around it, joined by points, for a leaf.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Info">The field.</param>
internal sealed record LayoutField(string Name, int Offset, int Size, FieldInfo Info)
{
    public Type Type => Info.FieldType;

    public bool IsReserved => Name.Split('.')[^1].StartsWith("Reserved", StringComparison.Ordinal);
}

/// <summary>
/// Where the fields of a layout stand, found out by the bytes: each byte of an otherwise zero value is set, and the
/// field that is no longer zero owns it. So a byte that no field owns is seen.
/// </summary>
internal static class Layout
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<LayoutField>> Found = new();
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<LayoutField>> Leaves = new();

    /// <summary>Every public structure that is written to a log, journal, snapshot or message.</summary>
    public static IReadOnlyList<Type> Types { get; } =
    [
        .. typeof(EntryHeader).Assembly.GetExportedTypes()
            .Where(type => type is { IsValueType: true, IsEnum: false, IsByRefLike: false })
            .Where(type => type != typeof(CommandRule) && type != typeof(InstrumentScale))
            .OrderBy(type => type.FullName, StringComparer.Ordinal),
    ];

    public static int SizeOf(Type type) => (int)Call(nameof(SizeOfGeneric), type);

    /// <summary>The value that stands in the bytes, boxed.</summary>
    public static object Read(Type type, byte[] bytes) => Call(nameof(ReadGeneric), type, bytes);

    /// <summary>The bytes of a boxed value.</summary>
    public static byte[] Write(object value) => (byte[])Call(nameof(WriteGeneric), value.GetType(), value);

    /// <summary>The fields in order of place.</summary>
    public static IReadOnlyList<LayoutField> Of(Type type) => Found.GetOrAdd(type, Find);

    /// <summary>The fields with structures of several fields replaced by theirs.</summary>
    public static IReadOnlyList<LayoutField> LeavesOf(Type type) =>
        Leaves.GetOrAdd(type, found => [.. FindLeaves(found, "", 0)]);

    private static IEnumerable<LayoutField> FindLeaves(Type type, string prefix, int offset)
    {
        foreach (var field in Of(type))
        {
            var placed = field with { Name = prefix + field.Name, Offset = offset + field.Offset };
            if (IsComposite(field.Type))
            {
                foreach (var leaf in FindLeaves(field.Type, placed.Name + ".", placed.Offset))
                {
                    yield return leaf;
                }
            }
            else
            {
                yield return placed;
            }
        }
    }

    private static bool IsComposite(Type type) =>
        type is { IsValueType: true, IsEnum: false, IsPrimitive: false }
        && type.Assembly == typeof(EntryHeader).Assembly
        && FieldsOf(type).Length > 1;

    private static FieldInfo[] FieldsOf(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);

    private static IReadOnlyList<LayoutField> Find(Type type)
    {
        var fields = FieldsOf(type);
        var owned = fields.ToDictionary(field => field, _ => new List<int>());
        var empty = fields.ToDictionary(field => field, field => field.GetValue(Read(type, new byte[SizeOf(type)])));
        for (var place = 0; place < SizeOf(type); place++)
        {
            var bytes = new byte[SizeOf(type)];
            bytes[place] = 0xFF;
            var value = Read(type, bytes);
            foreach (var field in fields.Where(field => !Equals(field.GetValue(value), empty[field])))
            {
                owned[field].Add(place);
            }
        }

        return
        [
            .. fields.Select(field => new LayoutField(
                field.Name.TrimStart('<').Split('>')[0],
                owned[field].Min(),
                owned[field].Count,
                field)).OrderBy(field => field.Offset),
        ];
    }

    private static object Call(string method, Type type, params object[] arguments) =>
        typeof(Layout).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(type).Invoke(null, arguments)!;

    private static int SizeOfGeneric<T>()
        where T : unmanaged => Unsafe.SizeOf<T>();

    private static object ReadGeneric<T>(byte[] bytes)
        where T : unmanaged => MemoryMarshal.Read<T>(bytes);

    private static byte[] WriteGeneric<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
