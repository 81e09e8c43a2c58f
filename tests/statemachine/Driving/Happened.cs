using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Driving;

/// <summary>One event with its envelope, kept.</summary>
internal sealed class Happened
{
    private readonly byte[] _bytes;

    private Happened(in EventEnvelope envelope)
    {
        _bytes = [.. envelope.Bytes];
        (Id, Kind, Stream, Sequence) = (envelope.EventId, envelope.Kind, envelope.Stream, envelope.Sequence);
        (Index, Term, OccurredAt) = (envelope.Index, envelope.Term, envelope.OccurredAt);
        (Offset, Causation, Correlation) = (envelope.Offset, envelope.CausationId, envelope.CorrelationId);
    }

    public EventId Id { get; }

    public EventKind Kind { get; }

    public uint Stream { get; }

    public ulong Sequence { get; }

    public ulong Index { get; }

    public ulong Term { get; }

    public long OccurredAt { get; }

    public uint Offset { get; }

    public UInt128 Causation { get; }

    public UInt128 Correlation { get; }

    /// <summary>Reads the events of one entry; bytes that are not events fail the test.</summary>
    public static List<Happened> In(ReadOnlySpan<byte> events)
    {
        var happened = new List<Happened>();
        var reader = new EventReader(events);
        while (reader.TryRead(out var envelope))
        {
            happened.Add(new Happened(in envelope));
        }

        Assert.Equal(EventError.None, reader.Error);
        return happened;
    }

    public ref readonly T As<T>()
        where T : unmanaged => ref MemoryMarshal.AsRef<T>(_bytes);
}
