namespace Exchange.Rsm.Bench.Streams;

/// <summary>Random numbers from a seed, the same everywhere (splitmix64).</summary>
internal struct Dice(ulong seed)
{
    private ulong _state = seed;

    // Unchecked: a generator wraps.
    public ulong Next()
    {
        unchecked
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>0 to limit − 1.</summary>
    public int Below(int limit) => (int)((UInt128)Next() * (uint)limit >> 64);

    /// <summary>0 up to 1.</summary>
    public double Share() => (Next() >> 11) * (1.0 / (1UL << 53));
}
