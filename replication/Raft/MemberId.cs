using System.Runtime.InteropServices;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Names a member. A node that lost its disk comes back under the next incarnation: it is a new member, and what the
/// old one voted and acknowledged is not its word.
/// </summary>
/// <param name="Number">The node's number, from 1.</param>
/// <param name="Incarnation">Counts the lives of its disk, from 1.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 8)]
public readonly record struct MemberId(uint Number, uint Incarnation)
{
    /// <summary>No member.</summary>
    public static MemberId None => default;

    /// <summary>Whether this names nobody.</summary>
    public bool IsNone => Number == 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Number}.{Incarnation}";
}
