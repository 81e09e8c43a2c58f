using System.Diagnostics;
using Exchange.Rsm.Bench.Calibration;
using Exchange.Rsm.Hosts.Storage.Faster;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Bench.Snapshots;

/// <summary>
/// What snapshots cost the thread that applies entries. One thread, as in a replica: entries arrive at a fixed rate
/// whether it keeps up or not, and between them the pipeline reads its slices. Latency is from when an entry was due,
/// so a pause shows in every entry that had to wait for it.
/// </summary>
internal sealed class SnapshotBench(long bytes, int rate, string folder, TextWriter output)
{
    private const int CommandsPerEntry = 8;
    private const double PauseAllowed = 1_000;
    private const double TailAllowed = 1.2;

    private readonly SnapshotWorld _world = new();
    private double _pause;

    /// <summary>Fills, measures, prints.</summary>
    /// <returns>Whether pause and tail are within what is allowed.</returns>
    public bool Run()
    {
        output.WriteLine($"calibration: a cache miss {new MemoryChase().Measure():F1} ns, "
            + $"synced writes of 2 MiB {SyncRate():F0} MB/s");
        _world.FillTo(bytes);
        output.WriteLine($"state: {_world.Size() / (double)(1 << 30):F2} GiB, {_world.Accounts:N0} accounts");
        using var files = new StoreFolder(folder);
        using var store = new FasterSnapshotStore(files, new FasterOptions());
        using var pipeline = new SnapshotPipeline(
            _world.Machine, store, new NoDisk(), new SnapshotOptions { IntervalEntries = 0 });

        Warm();
        var without = Ingress(pipeline, isTaking: false, rate);
        Report("without a snapshot", without);
        var whole = Ingress(pipeline, isTaking: true, rate);
        Report("while the first, whole one is written", whole);
        var changed = Ingress(pipeline, isTaking: true, rate);
        Report("while an incremental one is written", changed);
        var after = Ingress(pipeline, isTaking: false, rate);
        Report("without a snapshot, again", after);

        output.WriteLine($"{"changed records",-40} {"pause us",9} {"durable ms",11} {"MB in the store",16}");
        foreach (var count in (int[])[1_000, 10_000, 100_000, 1_000_000])
        {
            Cost(pipeline, files, count);
        }

        // The machine's own noise differs between the two runs without; the ratio is to the worse of them.
        var tail = Math.Max(Percentile(whole, 0.99), Percentile(changed, 0.99))
            / Math.Max(Percentile(without, 0.99), Percentile(after, 0.99));
        output.WriteLine($"longest pause {_pause:F0} us (allowed {PauseAllowed:F0}); "
            + $"p99 with / without {tail:F2} (allowed {TailAllowed:F1})");
        return _pause <= PauseAllowed && tail <= TailAllowed;
    }

    private static double Percentile(List<double> sorted, double part) => sorted[(int)((sorted.Count - 1) * part)];

    private void Warm()
    {
        ApplyAtOnce(20_000);
        _world.Check();
    }

    // Latencies in microseconds, sorted. With a snapshot: until it is durable; without: for as many entries as three
    // seconds have.
    private List<double> Ingress(SnapshotPipeline pipeline, bool isTaking, int perSecond)
    {
        var entries = isTaking ? perSecond * 20 : perSecond * 3;
        _world.Prepare(entries, CommandsPerEntry);
        var latencies = new List<double>(entries);
        GC.Collect();
        var ticks = Stopwatch.Frequency / (double)perSecond;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < entries; i++)
        {
            var due = start + (long)(i * ticks);
            while (Stopwatch.GetTimestamp() < due)
            {
                Step(pipeline);
            }

            _world.ApplyNext();
            latencies.Add((Stopwatch.GetTimestamp() - due) * 1e6 / Stopwatch.Frequency);
            if (isTaking && i == 100)
            {
                Begin(pipeline);
            }
            else if (isTaking && i > 100 && !pipeline.IsBusy)
            {
                break;
            }
        }

        _world.Check();
        while (pipeline.IsBusy)
        {
            Step(pipeline);
        }

        latencies.Sort();
        return latencies;
    }

    private void ApplyAtOnce(int entries)
    {
        _world.Prepare(entries, CommandsPerEntry);
        for (var i = 0; i < entries; i++)
        {
            _world.ApplyNext();
        }
    }

    private void Step(SnapshotPipeline pipeline)
    {
        var start = Stopwatch.GetTimestamp();
        pipeline.Step();
        _pause = Math.Max(_pause, Stopwatch.GetElapsedTime(start).TotalMicroseconds);
    }

    private double Begin(SnapshotPipeline pipeline)
    {
        var start = Stopwatch.GetTimestamp();
        pipeline.Begin(new SnapshotCut(_world.Last, BehaviourVersion: 1, ConfigurationIndex: 0, default));
        var pause = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        _pause = Math.Max(_pause, pause);
        return pause;
    }

    private void Cost(SnapshotPipeline pipeline, StoreFolder files, int count)
    {
        ApplyAtOnce(count / CommandsPerEntry);
        var start = Stopwatch.GetTimestamp();
        var pause = Begin(pipeline);
        while (pipeline.IsBusy)
        {
            Step(pipeline);
        }

        var size = files.List().Sum(files.LengthOf);
        var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        output.WriteLine($"{count,-40:N0} {pause,9:F0} {took,11:F1} {size / 1e6,16:F0}");
    }

    private void Report(string what, List<double> latencies) => output.WriteLine(
        $"{what,-40} {latencies.Count,9:N0} entries, latency us: p50 {Percentile(latencies, 0.5):F1}, "
        + $"p99 {Percentile(latencies, 0.99):F1}, p99.9 {Percentile(latencies, 0.999):F1}, max {latencies[^1]:F0}");

    private double SyncRate()
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "calibration");
        var piece = new byte[2 << 20];
        using (var file = File.OpenHandle(
            path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.WriteThrough))
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < 64; i++)
            {
                RandomAccess.Write(file, piece, (long)i * piece.Length);
            }

            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            File.Delete(path);
            return 64 * piece.Length / seconds / 1e6;
        }
    }
}
