using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Log;

/// <summary>
/// Bytes that a state machine produces, appended in order and reused from entry to entry: no allocation once it has
/// grown to the largest entry. The driver empties it; what stands in it is opaque to the driver.
/// </summary>
public sealed class OutputBuffer
{
    private byte[] _bytes;
    private int _length;

    /// <summary>Starts with room for some bytes.</summary>
    /// <param name="capacity">Bytes, at least 1.</param>
    public OutputBuffer(int capacity = 4096)
    {
        Invariant.Check(capacity >= 1);
        _bytes = new byte[capacity];
    }

    /// <summary>What was appended since the last clearing.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Bytes appended since the last clearing.</summary>
    public int Length => _length;

    /// <summary>Forgets everything; keeps the room.</summary>
    public void Clear() => _length = 0;

    /// <summary>
    /// Appends a value's bytes and hands out the place, for the caller to fill in. The place is not zeroed; it is valid
    /// until the next append.
    /// </summary>
    /// <typeparam name="T">A fixed layout.</typeparam>
    /// <returns>The place.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Append<T>()
        where T : unmanaged
    {
        var start = _length;
        var end = start + Unsafe.SizeOf<T>();
        if (end > _bytes.Length)
        {
            Grow(end);
        }

        _length = end;
        return ref Unsafe.As<byte, T>(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), start));
    }

    /// <summary>Takes back what was appended last.</summary>
    /// <param name="length">Bytes that remain; not more than there are.</param>
    public void TakeBack(int length)
    {
        Invariant.Check((uint)length <= (uint)_length);
        _length = length;
    }

    /// <summary>Appends some bytes.</summary>
    /// <param name="bytes">Copied.</param>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var end = _length + bytes.Length;
        if (end > _bytes.Length)
        {
            Grow(end);
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length = end;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int needed)
    {
        var grown = new byte[Math.Max(needed, (int)Math.Min(_bytes.Length * 2L, Array.MaxLength))];
        _bytes.AsSpan(0, _length).CopyTo(grown);
        _bytes = grown;
    }
}
