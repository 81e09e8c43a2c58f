using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// The first 64 bytes of every command. Little-endian, fixed layout, reserved bytes zero. The edge fills
/// <see cref="User"/> from the authenticated connection, never from what the client wrote.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public struct CommandHeader
{
    /// <summary>The version of every command layout in this build.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>Bytes of the whole command, header included; exactly the size of the kind's layout.</summary>
    public ushort Length;

    /// <summary>Which command follows.</summary>
    public CommandKind Kind;

    /// <summary>Layout version, <see cref="CurrentVersion"/>.</summary>
    public byte Version;

    /// <summary>How repeats are told.</summary>
    public DedupMode Dedup;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>The account acted on, or none.</summary>
    public AccountId Account;

    /// <summary>The instrument acted on, or none.</summary>
    public InstrumentId Instrument;

    /// <summary>Who acts.</summary>
    public UserId User;

    /// <summary>The session, with <see cref="DedupMode.Session"/>; else zero.</summary>
    public SessionId Session;

    /// <summary>
    /// With <see cref="DedupMode.Session"/> the command's number in its session, from 1. With
    /// <see cref="DedupMode.Keyed"/> when the key was made, nanoseconds of log time. Else zero.
    /// </summary>
    public ulong Stamp;

    /// <summary>
    /// With <see cref="DedupMode.Keyed"/> the client's key, or a 128-bit digest of a longer one. Else zero.
    /// </summary>
    public UInt128 Key;

    /// <summary>Opaque; ties the command and its events to the client's request.</summary>
    public UInt128 Correlation;
}
