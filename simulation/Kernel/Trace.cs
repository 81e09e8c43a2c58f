using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Kernel;

/// <summary>What is written into the trace beside the events of the queue.</summary>
public enum TraceKind : byte
{
    None = 0,
    EventTaken = 1,
    MessageSent = 2,
    MessageLost = 3,
    DiskRequest = 4,
    FaultInjected = 5,
    StateChanged = 6,
    Committed = 7,
    Applied = 8,
    Answered = 9,
    Triggered = 10,
    Verdict = 11,
}

/// <summary>One line of the trace.</summary>
/// <param name="At">When, nanoseconds of the world.</param>
/// <param name="Kind">What was noted.</param>
/// <param name="Detail">The finer kind: of the event, message, fault or state.</param>
/// <param name="Node">Where.</param>
/// <param name="Peer">With whom.</param>
/// <param name="Identity">What names the thing.</param>
/// <param name="Value">A term, an index or whatever else belongs to it.</param>
public readonly record struct TraceLine(
    long At, TraceKind Kind, byte Detail, byte Node, byte Peer, ulong Identity, ulong Value);

/// <summary>
/// All that happens in a run, folded into one hash: two runs of one seed that differ anywhere differ in it. The lines
/// themselves are kept only where somebody asked, for they cost more than the run.
/// </summary>
public sealed class Trace
{
    /// <summary>Most lines kept of one run; the hash goes on beyond.</summary>
    public const int LinesMax = 2_000_000;

    private List<TraceLine>? _lines;

    /// <summary>Hash of all lines so far.</summary>
    public ulong Hash { get; private set; }

    /// <summary>Lines so far.</summary>
    public long Count { get; private set; }

    /// <summary>The lines, where they are kept.</summary>
    public IReadOnlyList<TraceLine> Lines => _lines ?? [];

    /// <summary>Begins a run.</summary>
    /// <param name="keepsLines">Whether the lines are wanted.</param>
    public void Clear(bool keepsLines)
    {
        Hash = 0;
        Count = 0;
        _lines = keepsLines ? [] : null;
    }

    /// <summary>Notes a line.</summary>
    public void Add(in TraceLine line)
    {
        Count++;
        var kinds = ((ulong)line.Kind << 24) | ((ulong)line.Detail << 16) | ((ulong)line.Node << 8) | line.Peer;
        var hash = StableHash.Mix(Hash ^ (ulong)line.At, kinds ^ line.Identity);
        Hash = StableHash.Mix(hash, line.Value);
        if (_lines is not null && _lines.Count < LinesMax)
        {
            _lines.Add(line);
        }
    }

    /// <summary>The first place where two runs differ; −1 where the kept lines are equal.</summary>
    public static int FirstDifference(IReadOnlyList<TraceLine> left, IReadOnlyList<TraceLine> right)
    {
        var shorter = Math.Min(left.Count, right.Count);
        for (var i = 0; i < shorter; i++)
        {
            if (left[i] != right[i])
            {
                return i;
            }
        }

        return left.Count == right.Count ? -1 : shorter;
    }
}
