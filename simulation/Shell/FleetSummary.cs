using System.Text.Json;
using System.Text.Json.Nodes;
using Exchange.Rsm.Simulation.Checkers;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>One failing seed of a group.</summary>
internal sealed record FailedSeed(ulong Seed, long Events, Failure Failure);

/// <summary>What many runs were like together. Each thread has its own; they are added at the end.</summary>
internal sealed class FleetSummary
{
    private const int KeptPerGroup = 3;

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    private readonly long[] _marks = new long[MarkSet.Capacity];

    public long Schedules { get; set; }

    public long Events { get; private set; }

    public long Nanos { get; private set; }

    public long Operations { get; private set; }

    public long Unknown { get; private set; }

    public long Committed { get; private set; }

    public long Elections { get; private set; }

    public long Failed { get; private set; }

    public FaultCounts Faults { get; } = new();

    /// <summary>By fingerprint: how many, and those with the fewest events.</summary>
    public SortedDictionary<string, (long Count, List<FailedSeed> Seeds)> Groups { get; } =
        new(StringComparer.Ordinal);

    public long MarkCount(int mark) => _marks[mark];

    public void Add(ulong seed, RunReport report)
    {
        Schedules++;
        Events += report.Events;
        Nanos += report.Nanos;
        Operations += report.OperationsDone;
        Unknown += report.OperationsUnknown;
        Committed += report.Committed;
        Elections += report.Elections;
        Faults.Add(report.Faults);
        for (var mark = 0; mark < MarkSet.Capacity; mark++)
        {
            _marks[mark] += report.Marks[mark] ? 1 : 0;
        }

        if (report.Failure is { } failure)
        {
            AddFailure(new FailedSeed(seed, report.Events, failure), 1);
        }
    }

    public void AddFailure(FailedSeed failed, long count)
    {
        Failed += count;
        var fingerprint = failed.Failure.Fingerprint;
        var group = Groups.TryGetValue(fingerprint, out var known) ? known : (Count: 0, Seeds: []);
        group.Seeds.Add(failed);
        group.Seeds.Sort((left, right) =>
            left.Events != right.Events ? left.Events.CompareTo(right.Events) : left.Seed.CompareTo(right.Seed));
        if (group.Seeds.Count > KeptPerGroup)
        {
            group.Seeds.RemoveAt(KeptPerGroup);
        }

        Groups[fingerprint] = (group.Count + count, group.Seeds);
    }

    public void Add(FleetSummary other)
    {
        Schedules += other.Schedules;
        Events += other.Events;
        Nanos += other.Nanos;
        Operations += other.Operations;
        Unknown += other.Unknown;
        Committed += other.Committed;
        Elections += other.Elections;
        Faults.Add(other.Faults);
        for (var mark = 0; mark < MarkSet.Capacity; mark++)
        {
            _marks[mark] += other._marks[mark];
        }

        foreach (var (fingerprint, group) in other.Groups)
        {
            foreach (var seed in group.Seeds)
            {
                AddFailure(seed, 1);
            }

            var rest = group.Count - group.Seeds.Count;
            Failed += rest;
            Groups[fingerprint] = (Groups[fingerprint].Count + rest, Groups[fingerprint].Seeds);
        }
    }

    public string ToJson(string commit, string profile, ulong from, long millis)
    {
        var faults = new JsonObject();
        foreach (var kind in FaultCounts.All)
        {
            faults[kind.ToString()] = Faults[kind];
        }

        var marks = new JsonObject();
        foreach (var mark in Enum.GetValues<Mark>())
        {
            marks[mark.ToString()] = _marks[(int)mark];
        }

        var groups = new JsonArray();
        foreach (var (fingerprint, group) in Groups)
        {
            groups.Add((JsonNode)new JsonObject
            {
                ["fingerprint"] = fingerprint,
                ["count"] = group.Count,
                ["seeds"] = new JsonArray([.. group.Seeds.Select(one => JsonValue.Create(one.Seed))]),
                ["text"] = group.Seeds[0].Failure.Text,
            });
        }

        var root = new JsonObject
        {
            ["commit"] = commit,
            ["profile"] = profile,
            ["from"] = from,
            ["schedules"] = Schedules,
            ["millis"] = millis,
            ["events"] = Events,
            ["operations"] = Operations,
            ["committed"] = Committed,
            ["failed"] = Failed,
            ["groups"] = groups,
            ["faults"] = faults,
            ["marks"] = marks,
        };
        return root.ToJsonString(_indented);
    }
}
