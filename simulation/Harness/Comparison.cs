using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Harness;

/// <summary>Where two subjects first parted.</summary>
/// <param name="What">Result, event, deadline or state.</param>
/// <param name="Place">The command's offset, or the event's place in the entry.</param>
/// <param name="Expected">The bytes of the first subject; empty where it has no such thing.</param>
/// <param name="Actual">The bytes of the second.</param>
/// <param name="Text">More in words, or empty.</param>
public sealed record Difference(string What, int Place, byte[] Expected, byte[] Actual, string Text = "");

/// <summary>
/// Applies each entry to two subjects and compares all that they answer. The hashes in checkpoints are left out: the
/// model knows no state hash, so its event chain differs from the first checkpoint on.
/// </summary>
public sealed class Comparison(ISubject expected, ISubject actual)
{
    private readonly Output _expected = new();
    private readonly Output _actual = new();

    /// <summary>Results of the last entry.</summary>
    public ReadOnlySpan<byte> Results => _expected.Results.Written;

    /// <summary>Events of the last entry.</summary>
    public ReadOnlySpan<byte> Events => _expected.Events.Written;

    public long NextDeadline => expected.NextDeadline;

    /// <summary>Applies the entry to both; null where they agree.</summary>
    public Difference? Apply(Entry entry)
    {
        _expected.Apply(expected, entry);
        _actual.Apply(actual, entry);
        return CompareResults() ?? CompareEvents() ?? CompareDeadlines();
    }

    /// <summary>Compares the whole states; null where they agree.</summary>
    public Difference? CompareViews() => expected.View().Difference(actual.View()) is { } text
        ? new Difference("state", 0, [], [], text)
        : null;

    private Difference? CompareResults()
    {
        if (_expected.Results.Written.SequenceEqual(_actual.Results.Written))
        {
            return null;
        }

        var size = Unsafe.SizeOf<CommandResult>();
        var place = 0;
        while (Part(_expected, place).SequenceEqual(Part(_actual, place)))
        {
            place++;
        }

        return new Difference("result", place, Part(_expected, place), Part(_actual, place));

        byte[] Part(Output output, int number) => [.. output.Results.Written.Slice(
            Math.Min(number * size, output.Results.Length),
            Math.Min(size, Math.Max(0, output.Results.Length - (number * size))))];
    }

    private Difference? CompareEvents()
    {
        if (_expected.Events.Written.SequenceEqual(_actual.Events.Written))
        {
            return null;
        }

        var left = _expected.Events.Written;
        var right = _actual.Events.Written;
        for (var place = 0; !left.IsEmpty || !right.IsEmpty; place++)
        {
            var leftEvent = WithoutHashes(First(left));
            var rightEvent = WithoutHashes(First(right));
            if (!leftEvent.AsSpan().SequenceEqual(rightEvent))
            {
                return new Difference("event", place, leftEvent, rightEvent);
            }

            left = left[leftEvent.Length..];
            right = right[rightEvent.Length..];
        }

        return null;
    }

    private Difference? CompareDeadlines() => expected.NextDeadline == actual.NextDeadline
        ? null
        : new Difference("deadline", 0, [], [], $"{expected.NextDeadline} against {actual.NextDeadline}");

    private static ReadOnlySpan<byte> First(ReadOnlySpan<byte> events) =>
        events.IsEmpty ? [] : events[..Math.Min(events.Length, MemoryMarshal.AsRef<EventHeader>(events).Length)];

    private static byte[] WithoutHashes(ReadOnlySpan<byte> happened)
    {
        byte[] copy = [.. happened];
        if (copy.Length == Unsafe.SizeOf<Checkpoint>() && (EventKind)copy[2] == EventKind.Checkpoint)
        {
            ref var checkpoint = ref MemoryMarshal.AsRef<Checkpoint>(copy.AsSpan());
            checkpoint.StateHash = 0;
            checkpoint.EventChainHash = 0;
        }

        return copy;
    }

    private sealed class Output
    {
        public OutputBuffer Events { get; } = new();

        public OutputBuffer Results { get; } = new();

        public void Apply(ISubject subject, Entry entry)
        {
            Events.Clear();
            Results.Clear();
            subject.Apply(entry, Events, Results);
        }
    }
}
