using System.Runtime.InteropServices;

namespace Exchange.Rsm.Hosts.Transport.Peers;

/// <summary>A member of the cluster, in one of its lives.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Incarnation">Which of its lives: it rises when the member lost its disk.</param>
public readonly record struct PeerIdentity(ulong Node, ulong Incarnation);

/// <summary>
/// The first frame in each direction, 48 bytes little-endian: a connection between two clusters, two builds that do
/// not understand each other, or to somebody else's address ends here and not in consensus.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Size)]
public struct PeerHello
{
    /// <summary>Bytes of a hello.</summary>
    public const int Size = 48;

    /// <summary>The newest version of the peer protocol that this build speaks.</summary>
    public const ushort ProtocolVersion = 1;

    /// <summary>The oldest one.</summary>
    public const ushort ProtocolVersionMin = 1;

    /// <summary>The cluster.</summary>
    public UInt128 ClusterId;

    /// <summary>Who speaks.</summary>
    public ulong From;

    /// <summary>In which life.</summary>
    public ulong Incarnation;

    /// <summary>To whom.</summary>
    public ulong To;

    /// <summary>The newest version it speaks.</summary>
    public ushort VersionMax;

    /// <summary>The oldest version it speaks.</summary>
    public ushort VersionMin;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>Checks what the other side says of itself.</summary>
    /// <param name="clusterId">The own cluster.</param>
    /// <param name="self">The own number.</param>
    /// <returns>Why not, or <see cref="CloseReason.None"/>.</returns>
    public readonly CloseReason Check(UInt128 clusterId, ulong self)
    {
        if (VersionMin > ProtocolVersion || VersionMax < ProtocolVersionMin || VersionMin > VersionMax)
        {
            return CloseReason.ProtocolVersion;
        }

        if (ClusterId != clusterId)
        {
            return CloseReason.ClusterId;
        }

        return To != self ? CloseReason.NodeId : CloseReason.None;
    }
}
