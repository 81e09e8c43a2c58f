using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Claims a drain, registering it where it is new. The log index of the claim is the fencing token: it alone may
/// advance from then on. The reply's id is the token.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct ClaimDrain
{
    /// <summary>Most drains registered at once.</summary>
    public const int DrainsMax = 64;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The drain's number, chosen by its operator; not zero.</summary>
    public uint Drain;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>Moves a drain's cursor forward: everything before the position is delivered.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 88)]
public struct AdvanceDrain
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The drain.</summary>
    public uint Drain;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;

    /// <summary>The token of the claim; any other is refused.</summary>
    public ulong Token;

    /// <summary>First log index not yet delivered: not below the present cursor and not beyond this entry.</summary>
    public ulong Position;
}

/// <summary>Forgets a drain and its cursor.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct DropDrain
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The drain.</summary>
    public uint Drain;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}

/// <summary>
/// Tells the highest behaviour version a member's build can apply, and whether the member votes. Who votes the core
/// learns from the configuration entries of its log; what is said here about it counts only before the first of them.
/// The duty that remains the host's: a member is announced when it starts under another build, and forgotten
/// (version 0) after it left.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 80)]
public struct AnnounceBehaviour
{
    /// <summary>Most members that may be announced.</summary>
    public const int MembersMax = 16;

    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The member's number; not zero.</summary>
    public uint Member;

    /// <summary>Highest version it can apply; zero forgets the member.</summary>
    public uint VersionMax;

    /// <summary>1 where it votes; not looked at once a configuration entry was applied.</summary>
    public byte Voter;

    /// <summary>Reserved, zero.</summary>
    public byte Reserved0;

    /// <summary>Reserved, zero.</summary>
    public ushort Reserved1;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved2;
}

/// <summary>
/// Raises the behaviour version by which apply selects. Accepted only for the next version, and only when every voter
/// announced that it can apply it: every voter of the last configuration entry, of both sides of a change under way, in
/// its present incarnation; before the first such entry every member that announced itself as a voter, at least one.
/// A member that cannot apply the version all the same stops at this entry, it does not go on under other rules.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 72)]
public struct RaiseBehaviour
{
    /// <summary>Envelope.</summary>
    public CommandHeader Header;

    /// <summary>The new version: the present one plus 1.</summary>
    public uint Version;

    /// <summary>Reserved, zero.</summary>
    public uint Reserved0;
}
