using System.Diagnostics;
using System.IO;
using System.Threading;
using Exchange.Rsm.Simulation.Checkers;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>Runs many seeds on several threads. Each thread has a world of its own; they share a counter.</summary>
internal sealed class Fleet(
    Profile profile, ulong from, long schedules, long millisMax, int jobs, bool isTwice, Leak leak = Leak.None)
{
    private const int Chunk = 16;
    private const int ProgressMillis = 1000;

    private readonly long _started = Stopwatch.GetTimestamp();
    private long _next;
    private long _done;
    private int _failed;

    public long Millis => (long)Stopwatch.GetElapsedTime(_started).TotalMilliseconds;

    public FleetSummary Run(TextWriter progress)
    {
        var parts = new FleetSummary[jobs];
        var errors = new Exception?[jobs];
        var threads = new Thread[jobs];
        for (var job = 0; job < jobs; job++)
        {
            var mine = job;
            parts[job] = new FleetSummary();
            threads[job] = new Thread(() =>
            {
                try
                {
                    Work(parts[mine]);
                }
                catch (Exception exception)
                {
                    errors[mine] = exception;
                    Interlocked.Exchange(ref _next, schedules);
                }
            });
            threads[job].Start();
        }

        foreach (var thread in threads)
        {
            while (!thread.Join(ProgressMillis))
            {
                ShowProgress(progress);
            }
        }

        if (errors.FirstOrDefault(error => error is not null) is { } first)
        {
            throw new InvalidOperationException("a run broke the simulator itself: " + first.Message, first);
        }

        var summary = new FleetSummary();
        foreach (var part in parts)
        {
            summary.Add(part);
        }

        return summary;
    }

    private void Work(FleetSummary summary)
    {
        var generator = new PlanGenerator();
        var world = NewWorld();
        while (Millis < millisMax)
        {
            var first = Interlocked.Add(ref _next, Chunk) - Chunk;
            for (var i = first; i < Math.Min(first + Chunk, schedules); i++)
            {
                var seed = unchecked(from + (ulong)i);
                var plan = generator.Generate(seed, profile);
                var report = world.Run(plan, keepsLines: false);
                summary.Add(seed, report);
                if (report.Failure is not null)
                {
                    Interlocked.Increment(ref _failed);
                }

                if (isTwice)
                {
                    RunAgain(world, plan, report.TraceHash, report.Events, summary);
                }

                Interlocked.Increment(ref _done);
            }

            if (first + Chunk >= schedules)
            {
                return;
            }
        }
    }

    private IWorld NewWorld() =>
        leak == Leak.None ? Worlds.Make(profile) : new LeakyWorld(Worlds.Make(profile), leak);

    // The second run comes after another seed's, so that what is carried over in memory shows.
    private void RunAgain(IWorld world, Plan plan, ulong hash, long events, FleetSummary summary)
    {
        world.Run(new PlanGenerator().Generate(plan.Seed ^ 0x5555, profile), keepsLines: false);
        if (world.Run(plan, keepsLines: false).TraceHash == hash)
        {
            return;
        }

        List<TraceLine> first = [.. NewWorld().Run(plan, keepsLines: true).Lines];
        List<TraceLine> second = [.. world.Run(plan, keepsLines: true).Lines];
        var place = Kernel.Trace.FirstDifference(first, second);
        var text = place < 0 ? "the traces kept are equal: the difference comes and goes"
            : $"event {place}: " + (place < first.Count ? TraceWords.Of(first[place]) : "ended")
                + " | " + (place < second.Count ? TraceWords.Of(second[place]) : "ended");
        summary.AddFailure(
            new FailedSeed(plan.Seed, events, new Failure("same seed, same trace", -1, 0, 0, place, text)), 1);
        Interlocked.Increment(ref _failed);
    }

    private void ShowProgress(TextWriter progress)
    {
        var done = Interlocked.Read(ref _done);
        var millis = Math.Max(Millis, 1);
        var share = schedules == long.MaxValue ? millis * 100 / Math.Max(millisMax, 1) : done * 100 / schedules;
        var bar = new string('#', (int)Math.Min(share / 5, 20)).PadRight(20, '.');
        progress.WriteLine($"[{bar}] {done} schedules, {done * 3_600_000 / millis}/hour, {_failed} failed");
    }
}
