using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>What a refusal of consensus means to a client. The reason itself goes along as the detail.</summary>
internal static class Refusals
{
    public static RefusalCode CodeOf(Refusal refusal) => refusal switch
    {
        Refusal.None => RefusalCode.None,
        Refusal.NotLeader or Refusal.LeadershipLost => RefusalCode.NotLeader,
        Refusal.Headroom or Refusal.BackPressure or Refusal.ReadsFull => RefusalCode.Overloaded,
        Refusal.TooLarge => RefusalCode.TooLarge,
        _ => RefusalCode.Unavailable,
    };
}
