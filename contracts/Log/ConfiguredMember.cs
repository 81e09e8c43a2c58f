using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Log;

/// <summary>
/// One member as it stands in the payload of an entry of kind <see cref="EntryKind.Configuration"/>: what a state
/// machine may know of the membership. Replication writes and checks the payload; the payload is 8 bytes (version,
/// zero, count as two bytes, zeros), then one of these for each member, by number.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 16)]
public struct ConfiguredMember
{
    /// <summary>Most members of a configuration, both sides of a change counted.</summary>
    public const int CountMax = 16;

    private const byte Version = 1;
    private const int HeaderBytes = 8;
    private const int MemberBytes = 16;

    // Votes in the configuration that is being entered, or in the one that is being left.
    private const byte VotingRoles = 3;

    /// <summary>The member's number.</summary>
    public uint Number;

    /// <summary>Counts the lives of its disk: another one is another member.</summary>
    public uint Incarnation;

    /// <summary>Its roles, as replication numbers them.</summary>
    public byte Roles;

    /// <summary>Zero.</summary>
    public byte Reserved0;

    /// <summary>Zero.</summary>
    public ushort Reserved1;

    /// <summary>Zero.</summary>
    public uint Reserved2;

    /// <summary>Whether its vote counts, now or in the configuration that is being left.</summary>
    public readonly bool Votes => (Roles & VotingRoles) != 0;

    /// <summary>Finds the members in a payload. Reads the form, not whether the roles make sense.</summary>
    /// <param name="payload">Any bytes.</param>
    /// <param name="members">The members, by number; empty where the answer is false.</param>
    /// <returns>False where the payload is of another version or its length is not that of its count.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out ReadOnlySpan<ConfiguredMember> members)
    {
        members = default;
        if (payload.Length < HeaderBytes || payload[0] != Version || payload[1] != 0)
        {
            return false;
        }

        var count = MemoryMarshal.Read<ushort>(payload[2..]);
        if (count > CountMax || payload.Length != HeaderBytes + (MemberBytes * count))
        {
            return false;
        }

        members = MemoryMarshal.Cast<byte, ConfiguredMember>(payload[HeaderBytes..]);
        return true;
    }
}
