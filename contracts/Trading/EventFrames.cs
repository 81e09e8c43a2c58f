using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// The first 16 bytes of every event. With the <see cref="EntryFrame"/> and <see cref="CauseFrame"/> before it, it
/// makes the full envelope.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 16)]
public struct EventHeader
{
    /// <summary>The version of every event layout in this build.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>Bytes of the whole event, header included.</summary>
    public ushort Length;

    /// <summary>Which event.</summary>
    public EventKind Kind;

    /// <summary>Layout version.</summary>
    public byte Version;

    /// <summary>
    /// The stream: an instrument's number, or one of <see cref="EventStream"/>. In a frame: see there.
    /// </summary>
    public uint Stream;

    /// <summary>The event's number in its stream: 1, 2, 3… without gaps. In a frame: see there.</summary>
    public ulong Sequence;
}

/// <summary>Opens the events of one log entry. Stream = cluster epoch, sequence = log index.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct EntryFrame
{
    /// <summary>Stream holds the cluster epoch, sequence the log index.</summary>
    public EventHeader Header;

    /// <summary>The entry's term.</summary>
    public ulong Term;

    /// <summary>The entry's log time, nanoseconds: `occurred_at` of all its events.</summary>
    public long Timestamp;
}

/// <summary>
/// Opens the events of one command, or of one timer. Stream = the command's offset in its entry, or 2^32 − 1 for a
/// timer.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 48)]
public struct CauseFrame
{
    /// <summary>The stream value of a timer's frame.</summary>
    public const uint TimerOffset = uint.MaxValue;

    /// <summary>Stream holds the offset; sequence the command's stamp, or the timer's deadline.</summary>
    public EventHeader Header;

    /// <summary>
    /// `causation_id`: with a key the command id (<see cref="CommandIdentity"/>), in a session 2^120 + session × 2^64 +
    /// number, without either 2 × 2^120 + log index × 2^64 + offset, for a timer 3 × 2^120 + kind × 2^64 + the id of
    /// what it watches, for a checkpoint 4 × 2^120 + log index.
    /// </summary>
    public UInt128 Causation;

    /// <summary>`correlation_id`: the command's; zero for a timer.</summary>
    public UInt128 Correlation;
}
