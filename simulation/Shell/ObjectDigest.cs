using System.Collections;
using System.Reflection;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>
/// A hash of all that an object holds, private fields and what they refer to included: nothing that decides what it
/// does next can be forgotten in it. Slow, so it is taken of a single node's states and never of a whole cluster's.
/// </summary>
internal sealed class ObjectDigest
{
    private readonly Dictionary<Type, FieldInfo[]> _fields = [];
    private readonly Dictionary<object, int> _met = new(ReferenceEqualityComparer.Instance);
    private ulong _low;
    private ulong _high;

    public UInt128 Of(object root)
    {
        _met.Clear();
        (_low, _high) = (1, 2);
        Add(root);
        return new UInt128(_high, _low);
    }

    private void Mix(ulong value)
    {
        _low = StableHash.Mix(_low, value);
        _high = StableHash.Mix(_high ^ 0x9E37_79B9_7F4A_7C15, value);
    }

    private void Add(object? value)
    {
        switch (value)
        {
            case null:
                Mix(0);
                return;
            case string text:
                Mix(StableHash.Of(MemoryMarshal.AsBytes(text.AsSpan()), 5));
                return;
            case byte[] bytes:
                Mix(StableHash.Of(bytes, 6));
                return;
            case IList and not Array:
                AddItems((IList)value, ((IList)value).Count);
                return;
            case IDictionary:
                AddItems(((IDictionary)value).Keys.Cast<object>().Order().ToList(), ((IDictionary)value).Count);
                AddItems(((IDictionary)value).Values.Cast<object>().Order().ToList(), ((IDictionary)value).Count);
                return;
            case Delegate or Type or ChainHasher:
                return;
        }

        var type = value.GetType();
        if (type.IsPrimitive || type.IsEnum)
        {
            Mix(Bits(value));
            return;
        }

        if (!type.IsValueType && !_met.TryAdd(value, _met.Count))
        {
            Mix((ulong)_met[value]);
            return;
        }

        if (value is Array array)
        {
            AddItems(array, array.Length);
            return;
        }

        AddFields(value, FieldsOf(type));
    }

    // What stands in an array behind the count of its owner is left over, and decides nothing.
    private void AddFields(object value, FieldInfo[] fields)
    {
        var count = Array.Find(fields, field => field.Name == "_count" && field.FieldType == typeof(int));
        foreach (var field in fields)
        {
            var held = field.GetValue(value);
            if (count is not null && field.Name == "_items" && held is Array items)
            {
                AddItems(items, (int)count.GetValue(value)!);
            }
            else
            {
                Add(held);
            }
        }
    }

    private void AddItems(IList items, int count)
    {
        Mix((ulong)count);
        for (var i = 0; i < count; i++)
        {
            Add(items[i]);
        }
    }

    // Inherited ones as well; what is the same for all objects of a type is no state.
    private FieldInfo[] FieldsOf(Type type)
    {
        if (!_fields.TryGetValue(type, out var fields))
        {
            List<FieldInfo> found = [];
            for (var at = type; at is not null && at != typeof(object); at = at.BaseType)
            {
                found.AddRange(at.GetFields(
                    BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));
            }

            fields = [.. found.OrderBy(field => field.DeclaringType!.FullName, StringComparer.Ordinal)
                .ThenBy(field => field.Name, StringComparer.Ordinal)];
            _fields[type] = fields;
        }

        return fields;
    }

    private static ulong Bits(object value) => value switch
    {
        bool one => one ? 1UL : 0,
        byte one => one,
        sbyte one => unchecked((ulong)one),
        short one => unchecked((ulong)one),
        ushort one => one,
        int one => unchecked((ulong)one),
        uint one => one,
        long one => unchecked((ulong)one),
        ulong one => one,
        char one => one,
        Enum one => unchecked((ulong)Convert.ToInt64(one)),
        _ => throw new InvalidOperationException($"no digest of {value.GetType()}"),
    };
}
