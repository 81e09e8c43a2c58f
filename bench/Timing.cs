using System.Diagnostics;
using System.Globalization;

namespace Exchange.Rsm.Bench;

/// <summary>Rounds of one measurement.</summary>
internal sealed class Timing(string name, long messages)
{
    private readonly List<double> _nanoseconds = [];
    private readonly int[] _collections = new int[3];
    private long _allocated;

    public string Name => name;

    /// <summary>Nanoseconds a message, of the middle round.</summary>
    public double Median => Sorted()[_nanoseconds.Count / 2];

    public double Least => Sorted()[0];

    public double Most => Sorted()[^1];

    /// <summary>Bytes allocated on the managed heap in all rounds.</summary>
    public long Allocated => _allocated;

    public string Collections => string.Join('/', _collections);

    /// <summary>Times one round. What it needs must stand ready.</summary>
    public void Measure(Action round)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Span<int> before = [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        round();
        var elapsed = Stopwatch.GetElapsedTime(start);
        _allocated += GC.GetAllocatedBytesForCurrentThread() - allocated;
        for (var generation = 0; generation < before.Length; generation++)
        {
            _collections[generation] += GC.CollectionCount(generation) - before[generation];
        }

        _nanoseconds.Add(elapsed.TotalNanoseconds / messages);
    }

    /// <summary>A figure measured elsewhere.</summary>
    public void Add(double nanoseconds) => _nanoseconds.Add(nanoseconds);

    public string Row() => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-28} {Median,9:F1} {Least,9:F1} {Most,9:F1} {1000 / Median,9:F2} {_allocated,12} {Collections,9}");

    public static string Heading =>
        $"{"",-28} {"median ns",9} {"least",9} {"most",9} {"M/s",9} {"allocated B",12} {"GC 0/1/2",9}";

    private List<double> Sorted()
    {
        _nanoseconds.Sort();
        return _nanoseconds;
    }
}
