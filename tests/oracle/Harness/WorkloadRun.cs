using System.Text;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Harness;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Oracle.Tests.Harness;

/// <summary>
/// One workload through the model and the machine: answers and events are compared after each entry, the whole state
/// after every so many.
/// </summary>
internal sealed class WorkloadRun
{
    private const int ViewIntervalDefault = 64;
    private const int LastEntriesMax = 3;

    private readonly CommandGenerator _generator;
    private readonly CoverageWatch _watch;
    private readonly Comparison _comparison;
    private readonly HistoryCheck _history = new();
    private readonly ISubject _actual;
    private readonly Queue<Entry> _last = [];
    private readonly int _viewInterval;
    private int _entries;

    public WorkloadRun(
        Workload workload,
        WorkloadCoverage coverage,
        ISubject expected,
        ISubject actual,
        int viewInterval = ViewIntervalDefault)
    {
        _viewInterval = viewInterval;
        _generator = new CommandGenerator(workload.World);
        _watch = new CoverageWatch(coverage);
        _comparison = new Comparison(expected, actual);
        _actual = actual;
    }

    /// <summary>What the two first disagreed on, in words; null where they never did.</summary>
    public static string? FirstDifference(Workload workload, WorkloadCoverage coverage) =>
        new WorkloadRun(workload, coverage, new ComparableModel(), new MachineSubject()).Run(workload);

    public string? Run(Workload workload)
    {
        try
        {
            var found = Drain();
            for (var i = 0; i < workload.Steps.Count && found is null; i++)
            {
                _generator.Feed(workload.Steps[i]);
                found = Drain();
            }

            _generator.Flush();
            found ??= Drain() ?? CompareViews();
            return found is null ? null : Explain(found);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return Explain(new Difference("exception", 0, [], [], failure.ToString()));
        }
    }

    private Difference? Drain()
    {
        while (_generator.TryNext(out var entry))
        {
            _last.Enqueue(entry);
            if (_last.Count > LastEntriesMax)
            {
                _last.Dequeue();
            }

            var found = _comparison.Apply(entry);
            if (found is null)
            {
                _history.Observe(_comparison.Events);
            }

            if (found is null && ++_entries % _viewInterval == 0)
            {
                found = CompareViews();
            }

            if (found is not null)
            {
                return found;
            }

            _generator.Observe(entry, _comparison.Results, _comparison.Events, _comparison.NextDeadline);
            _watch.Observe(entry, _comparison.Results, _comparison.Events);
        }

        return null;
    }

    private Difference? CompareViews()
    {
        var found = _comparison.CompareViews();
        if (found is null)
        {
            _history.Check(_actual.View());
        }

        return found;
    }

    private string Explain(Difference found)
    {
        var text = new StringBuilder($"first difference: {found.What} {found.Place} {found.Text}\n");
        var words = found.What == "result" ? LayoutText.Result : (Words)LayoutText.Event;
        if (found.Expected.Length + found.Actual.Length > 0)
        {
            text.Append($"  model:   {words(found.Expected)}\n  machine: {words(found.Actual)}\n");
        }

        foreach (var entry in _last)
        {
            text.Append($"entry {entry.Header.Index} {entry.Header.Kind} of term {entry.Header.Term} ");
            text.Append($"at +{entry.Header.Timestamp - EntryBuilder.Start}, {entry.Header.CommandCount} commands\n");
            var reader = new BatchReader(entry.Payload);
            while (reader.TryRead(out var command))
            {
                text.Append($"  {LayoutText.Command(command)}\n");
            }
        }

        return text.ToString();
    }

    private delegate string Words(ReadOnlySpan<byte> bytes);
}
