using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Member = Exchange.Rsm.Replication.Replica.Replica;

namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>Why a member should not be sent clients, by name; nothing where it should.</summary>
internal static class Readiness
{
    // Entries behind the commit index that are applied within moments.
    private const ulong LagMax = 4096;

    public static IReadOnlyList<string> Reasons(Member replica, MemberId self, bool isStopping, bool isDiskLow)
    {
        var reasons = new List<string>();
        Add(reasons, isStopping, "stopping");
        Add(reasons, isDiskLow, "disk-headroom");
        if (replica.Phase != ReplicaPhase.Running)
        {
            reasons.Add(replica.Phase == ReplicaPhase.Recovering ? "recovering" : "failed");
            return reasons;
        }

        var status = replica.Node.Status;
        Add(reasons, status.Leader.IsNone, "no-leader");
        Add(reasons, replica.IsInstalling, "installing-snapshot");
        Add(reasons, status.CommitIndex > replica.AppliedIndex + LagMax, "behind");
        Add(reasons, replica.Node.Configuration.RolesOf(self) == MemberRoles.None, "not-a-member");
        reasons.AddRange(Names(status.Faults));
        return reasons;
    }

    /// <summary>The faults by name, in lower case with hyphens.</summary>
    public static IEnumerable<string> Names(RaftFaults faults)
    {
        foreach (var fault in Enum.GetValues<RaftFaults>())
        {
            if (fault != RaftFaults.None && (faults & fault) != 0)
            {
                yield return Hyphenated(fault.ToString());
            }
        }
    }

    public static string Hyphenated(string name) => string.Concat(name.Select((letter, i) =>
        char.IsUpper(letter) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(letter) : letter.ToString()));

    private static void Add(List<string> reasons, bool isSo, string reason)
    {
        if (isSo)
        {
            reasons.Add(reason);
        }
    }
}
