using System.Numerics;

namespace Exchange.Rsm.Hosts.Storage;

/// <summary>
/// How long something took, counted in powers of two from a microsecond on. One thread adds, any reads; a reader may
/// see a count and not yet the sum that goes with it.
/// </summary>
public sealed class LatencyHistogram
{
    /// <summary>Upper bounds: 1 µs, 2 µs, 4 µs … half a minute; what took longer is in the last.</summary>
    public const int Buckets = 26;

    private readonly long[] _counts = new long[Buckets];
    private long _sumNanos;

    /// <summary>All that was added, in seconds.</summary>
    public double SumSeconds => Volatile.Read(ref _sumNanos) / 1e9;

    /// <summary>How many were added.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            for (var bucket = 0; bucket < Buckets; bucket++)
            {
                count += CountOf(bucket);
            }

            return count;
        }
    }

    /// <summary>The upper bound of a bucket.</summary>
    /// <param name="bucket">From 0.</param>
    /// <returns>Seconds.</returns>
    public static double SecondsOf(int bucket) => (1L << bucket) / 1e6;

    /// <summary>How many took that long, and longer than the bucket before.</summary>
    /// <param name="bucket">From 0.</param>
    /// <returns>The count.</returns>
    public long CountOf(int bucket) => Volatile.Read(ref _counts[bucket]);

    /// <summary>Something took so long.</summary>
    /// <param name="nanos">Nanoseconds, not negative.</param>
    public void Add(long nanos)
    {
        var micros = (ulong)Math.Max(0, (nanos + 999) / 1000);
        var bucket = micros <= 1 ? 0 : Math.Min(Buckets - 1, BitOperations.Log2(micros - 1) + 1);
        Volatile.Write(ref _counts[bucket], _counts[bucket] + 1);
        Volatile.Write(ref _sumNanos, _sumNanos + nanos);
    }
}
