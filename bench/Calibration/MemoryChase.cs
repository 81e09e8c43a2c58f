using System.Diagnostics;
using Exchange.Rsm.Bench.Streams;

namespace Exchange.Rsm.Bench.Calibration;

/// <summary>
/// Loads that each wait for the one before, over 64 MiB in random order: what this machine, now, charges for a cache
/// miss. Figures of two machines, or of two hours on a shared one, compare through it.
/// </summary>
internal sealed class MemoryChase
{
    private const int LineWords = 8;
    private const int Lines = (64 << 20) / 64;
    private const int Loads = 2_000_000;

    private readonly long[] _words = new long[Lines * LineWords];
    private long _at;

    public MemoryChase()
    {
        // One cycle through all lines (Sattolo's shuffle).
        var order = new int[Lines];
        for (var i = 0; i < Lines; i++)
        {
            order[i] = i;
        }

        var dice = new Dice(7);
        for (var i = Lines - 1; i > 0; i--)
        {
            var other = dice.Below(i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        for (var i = 0; i < Lines; i++)
        {
            _words[order[i] * LineWords] = (long)order[(i + 1) % Lines] * LineWords;
        }
    }

    /// <summary>Nanoseconds a load.</summary>
    public double Measure()
    {
        var at = _at;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Loads; i++)
        {
            at = _words[at];
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        _at = at;
        return elapsed.TotalNanoseconds / Loads;
    }
}
