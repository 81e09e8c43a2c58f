using System.Reflection;
using System.Runtime.CompilerServices;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.Bench;

/// <summary>
/// Bytes of the arrays outside the collected heap that a machine owns, by the name of the field that holds them: found
/// by walking its objects, so that no array can be forgotten.
/// </summary>
internal sealed class NativeFootprint
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly MethodInfo _sizeOf = typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!;

    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, long> _bytesByOwner = [];

    private NativeFootprint(object root) => Walk(root, "");

    /// <summary>Bytes by field: ExchangeState's tables, indexes, trees and heaps.</summary>
    public IReadOnlyDictionary<string, long> BytesByOwner => _bytesByOwner;

    public long BytesOf(string owner) => _bytesByOwner.GetValueOrDefault(owner);

    public long Total => _bytesByOwner.Values.Sum();

    public static NativeFootprint Of(object root) => new(root);

    private void Walk(object at, string owner)
    {
        if (!_seen.Add(at))
        {
            return;
        }

        var type = at.GetType();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(NativeArray<>))
        {
            var size = (int)_sizeOf.MakeGenericMethod(type.GetGenericArguments()[0]).Invoke(null, null)!;
            var capacity = (int)type.GetProperty("Capacity")!.GetValue(at)!;
            _bytesByOwner[owner] = _bytesByOwner.GetValueOrDefault(owner) + ((long)size * capacity);
            return;
        }

        if (at is Array array)
        {
            foreach (var element in type.GetElementType()!.IsValueType ? Array.Empty<object>() : array)
            {
                Follow(element, owner);
            }

            return;
        }

        foreach (var field in type.GetFields(Fields).Where(field => !field.FieldType.IsPointer))
        {
            Follow(field.GetValue(at), IsOwner(type) ? field.Name : owner);
        }
    }

    private void Follow(object? value, string owner)
    {
        if (value is not null && value.GetType().Namespace?.StartsWith("Exchange", StringComparison.Ordinal) == true)
        {
            Walk(value, owner);
        }
        else if (value is Array array)
        {
            Walk(array, owner);
        }
    }

    private static bool IsOwner(Type type) => type == typeof(StateMachine.Trading.ExchangeState);
}
