using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>Opens a session for the header's account and user. The reply's id is the session.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct OpenSession
{
    /// <summary>The longest grace: one day.</summary>
    public const long GraceMax = 86_400_000_000_000;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>
    /// Cancel-on-disconnect: nanoseconds of log time that a disconnected session keeps its account's orders, 1 to
    /// <see cref="GraceMax"/>; zero switches it off.
    /// </summary>
    public long Grace;
}

/// <summary>
/// Closes a session of the header's user; commands under it answer <see cref="RejectCode.UnknownSession"/> from
/// then on.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct CloseSession
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The session.</summary>
    public SessionId Session;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>
/// A gateway's notice that a session's connection broke or came back. A break starts the session's grace; a command
/// in the session, or the notice that it came back, ends it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct SetSessionConnection
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The session.</summary>
    public SessionId Session;

    /// <summary>1 connected, 0 disconnected.</summary>
    public byte Connected;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;
}

/// <summary>
/// Settles whether a keyed command entered. Where it did, the reply is the stored one; else the id is fenced: the reply
/// is <see cref="RejectCode.NeverEntered"/> and a later arrival is refused with <see cref="RejectCode.CommandFenced"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 96)]
public struct FenceCommand
{
    /// <summary>Envelope; its account and instrument are the scope of the command asked about.</summary>
    public CommandHeader Header;

    /// <summary>The key of the command asked about.</summary>
    public UInt128 Target;

    /// <summary>The creation stamp of the command asked about, nanoseconds of log time.</summary>
    public ulong TargetCreatedAt;

    /// <summary>The kind of the command asked about.</summary>
    public CommandKind TargetKind;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved2;
}
