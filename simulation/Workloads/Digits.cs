namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>
/// Reads a number as digits of changing bases, lowest first. Zero reads as zeros for ever, so a choice that lists its
/// plainest case first shrinks to it.
/// </summary>
internal struct Digits(int number)
{
    private uint _rest = (uint)number;

    /// <summary>The next digit, 0..count − 1.</summary>
    public int Next(int count)
    {
        var digit = (int)(_rest % (uint)count);
        _rest /= (uint)count;
        return digit;
    }

    /// <summary>Whether the next digit of the base is its highest: once in so many.</summary>
    public bool OnceIn(int count) => Next(count) == count - 1;

    /// <summary>The item that the next digit points at.</summary>
    public T Pick<T>(ReadOnlySpan<T> items) => items[Next(items.Length)];
}
