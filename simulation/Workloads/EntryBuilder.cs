using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>Makes the entries of a log as a leader would: index without gaps, log time rising.</summary>
/// <param name="hasher">Seals the entries with checksums and chain hash; without it they carry none.</param>
public sealed class EntryBuilder(ChainHasher? hasher = null)
{
    /// <summary>Log time before the first entry.</summary>
    public const long Start = 1_700_000_000_000_000_000;

    private ChainHash _chain = ChainHash.Genesis;

    /// <summary>Position of the last entry made.</summary>
    public ulong Index { get; private set; }

    public ulong Term { get; private set; } = 1;

    /// <summary>Log time of the last entry made.</summary>
    public long Timestamp { get; private set; } = Start;

    public ushort Epoch { get; init; } = 1;

    public UInt128 Cluster { get; init; } = 1;

    /// <summary>The term of the entries from here on is one higher.</summary>
    public void StartTerm() => Term++;

    /// <summary>An entry of commands, back to back.</summary>
    /// <param name="commands">The commands.</param>
    /// <param name="timestamp">Log time wanted; at least one nanosecond after the entry before.</param>
    /// <param name="countOverride">What the header counts, where it is not the number of commands.</param>
    public Entry Commands(IReadOnlyCollection<Command> commands, long timestamp, uint? countOverride = null)
    {
        var payload = new byte[commands.Sum(command => command.Bytes.Length)];
        var offset = 0;
        foreach (var command in commands)
        {
            command.Bytes.CopyTo(payload.AsSpan(offset));
            offset += command.Bytes.Length;
        }

        return Next(EntryKind.Commands, timestamp, countOverride ?? (uint)commands.Count, payload);
    }

    /// <summary>An entry that only moves log time.</summary>
    public Entry Time(long timestamp) => Next(EntryKind.Time, timestamp, count: 0, []);

    /// <summary>The empty entry that opens a term.</summary>
    public Entry NoOperation(long timestamp) => Next(EntryKind.NoOperation, timestamp, count: 0, []);

    /// <summary>An entry of kind configuration, with any bytes.</summary>
    public Entry Configuration(long timestamp, byte[] payload) =>
        Next(EntryKind.Configuration, timestamp, count: 0, payload);

    /// <summary>A membership configuration.</summary>
    public Entry Configuration(long timestamp, params ReadOnlySpan<ConfiguredMember> members)
    {
        byte[] payload = [1, 0, (byte)members.Length, 0, 0, 0, 0, 0, .. MemoryMarshal.AsBytes(members)];
        return Configuration(timestamp, payload);
    }

    private Entry Next(EntryKind kind, long timestamp, uint count, byte[] payload)
    {
        Index++;
        Timestamp = Math.Max(Timestamp + 1, timestamp);
        var header = new EntryHeader
        {
            ClusterId = Cluster,
            Term = Term,
            Index = Index,
            Timestamp = Timestamp,
            Kind = kind,
            Version = EntryHeader.CurrentVersion,
            Epoch = Epoch,
            CommandCount = count,
            PayloadLength = (uint)payload.Length,
        };
        if (hasher is not null)
        {
            EntryCodec.Seal(ref header, payload, _chain, hasher);
            _chain = header.ChainHash;
        }

        return new Entry(header, payload);
    }
}
