using System.Globalization;
using Exchange.Rsm.Cluster.Tests.Running;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Wire = Exchange.Rsm.Proto.V1;

namespace Exchange.Rsm.Cluster.Tests;

[Collection(LoopbackCluster.Alone)]
public sealed class MembershipTests
{
    [Fact]
    public async Task A_member_is_added_catches_up_and_stands_in_for_the_leader_that_is_removed()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await using var cluster = await LoopbackCluster.StartAsync(3, end.Token, room: 4);
        await cluster.ExplainAsync(async () =>
        {
            await using var client = cluster.Client(user: 1);
            var desk = new Desk(client, end.Token);
            await Market.FoundAsync(desk);
            cluster.Start(4, new() { ["CORE_JOIN"] = "true" });
            var leader = (int)await client.FindLeaderAsync(end.Token);
            using (var admin = cluster.Admin(leader))
            {
                await Calls.CallAsync<Wire.MembershipReply>(admin, "AddMember", NewMember(cluster), end.Token);
                var members = await UntilVotersAsync(cluster, leader, count: 4, end.Token);
                Assert.Equal([1u, 2, 3, 4], members);
                await Calls.CallAsync<Wire.MembershipReply>(
                    admin, "RemoveMember", new Wire.RemoveMemberRequest { Node = (uint)leader }, end.Token);
            }

            Assert.Equal(RejectCode.None, (await desk.KeyedAsync(StaffCommands.CreateAsset("ETH", 18))).Code);
            var next = (int)await client.FindLeaderAsync(end.Token);
            Assert.NotEqual(leader, next);
            var left = await UntilVotersAsync(cluster, next, count: 3, end.Token);
            Assert.DoesNotContain((uint)leader, left);
            Assert.Contains(4u, left);
            int[] nodes = [.. left.Select(node => (int)node)];
            await States.AssertEqualAsync(cluster, nodes, desk.LastCommit.Index, end.Token);
        });
    }

    private static Wire.AddMemberRequest NewMember(LoopbackCluster cluster) => new()
    {
        Node = 4,
        Incarnation = 1,
        PeerAddress = cluster.SettingsOf(4)["CORE_PEER_LISTEN"],
        ClientAddress = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{cluster.Addresses[3].Port}"),
        Promote = true,
    };

    private static async Task<uint[]> UntilVotersAsync(
        LoopbackCluster cluster, int node, int count, CancellationToken cancellation)
    {
        using var admin = cluster.Admin(node);
        while (true)
        {
            var status = await Calls.CallAsync<Wire.MemberStatus>(
                admin, "GetStatus", new Wire.GetStatusRequest(), cancellation);
            uint[] voters = [.. status.Members.Where(member => member.Roles.Contains("voter"))
                .Select(member => member.Node)];
            if (voters.Length == count && !status.IsJoint)
            {
                return voters;
            }
        }
    }
}
