using System.Text.Json;
using Exchange.Rsm.Cluster.Tests.Running;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Simulation.Workloads;
using Wire = Exchange.Rsm.Proto.V1;

namespace Exchange.Rsm.Cluster.Tests;

[Collection(LoopbackCluster.Alone)]
public sealed class OperatorTests
{
    [Fact]
    [Trait("Covers", "METR-22")]
    [Trait("Covers", "METR-27")]
    public async Task Operators_look_hand_over_snapshot_and_stop_a_member()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await using var cluster = await LoopbackCluster.StartAsync(3, end.Token);
        await cluster.ExplainAsync(async () =>
        {
            await using var client = cluster.Client(user: 1);
            var desk = new Desk(client, end.Token);
            Assert.Equal(RejectCode.None, (await desk.KeyedAsync(StaffCommands.CreateAsset("BTC", 8))).Code);
            var leader = (int)await client.FindLeaderAsync(end.Token);
            await AssertProbesAsync(cluster.Member(leader), end.Token);
            await SnapshotAsync(cluster, leader, end.Token);
            var next = await HandOverAsync(cluster, leader, end.Token);

            Assert.Equal(0, await cluster.Member(next).StopAsync(end.Token));
            Assert.Equal(RejectCode.None, (await desk.KeyedAsync(StaffCommands.CreateAsset("KRW", 0))).Code);
            Assert.NotEqual(next, (int)await client.FindLeaderAsync(end.Token));
        });
    }

    [Fact]
    [Trait("Covers", "GRPC-03")]
    public async Task Orders_go_in_by_gRPC_and_only_at_the_leader()
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await using var cluster = await LoopbackCluster.StartAsync(3, end.Token);
        await cluster.ExplainAsync(async () =>
        {
            await using var client = cluster.Client(user: 1);
            await Market.FoundAsync(new Desk(client, end.Token));
            var leader = (int)await client.FindLeaderAsync(end.Token);
            await PlaceAsync(cluster, leader, end.Token);
            using var follower = cluster.Admin((leader % 3) + 1);
            var refused = await Assert.ThrowsAsync<GrpcException>(() => CallAsync<Wire.CommandReply>(
                follower, "PlaceOrder", Order(number: 3), end.Token));
            Assert.Equal(GrpcStatus.Unavailable, refused.Status);
            Assert.Contains(refused.Trailers, pair => pair.Key == "leader" && pair.Value == $"{leader}");
        });
    }

    private static async Task PlaceAsync(LoopbackCluster cluster, int leader, CancellationToken cancellation)
    {
        using var admin = cluster.Admin(leader);
        var opened = await CallAsync<Wire.CommandReply>(
            admin,
            "OpenSession",
            new Wire.OpenSessionRequest
            {
                Scope = new Wire.CommandScope { Account = 2, User = 2, Key = Key(1) },
            },
            cancellation);
        Assert.Equal((Wire.RejectCode.Unspecified, 1ul), (opened.Code, opened.Id));
        var placed = await CallAsync<Wire.CommandReply>(admin, "PlaceOrder", Order(number: 1), cancellation);
        Assert.Equal((Wire.RejectCode.Unspecified, 10L), (placed.Code, placed.Remaining));
        Assert.Equal(32, placed.Commit.ChainHash.Length);
        var repeated = await CallAsync<Wire.CommandReply>(admin, "PlaceOrder", Order(number: 1), cancellation);
        Assert.True(repeated.Commit.Index > placed.Commit.Index);
        repeated.Commit = placed.Commit;
        Assert.Equal(placed, repeated);
        var unknown = await CallAsync<Wire.CommandReply>(
            admin,
            "CancelOrder",
            new Wire.CancelOrderRequest
            {
                OrderId = placed.Id + 1,
                Scope = ScopeOf(number: 2),
            },
            cancellation);
        Assert.Equal(Wire.RejectCode.UnknownOrder, unknown.Code);
        var foreign = await Assert.ThrowsAsync<GrpcException>(() => CallAsync<Wire.CommandReply>(
            admin, "PlaceOrder", Order(number: 3, symbol: "XYZ-KRW"), cancellation));
        Assert.Equal(GrpcStatus.NotFound, foreign.Status);
    }

    private static async Task AssertProbesAsync(MemberProcess member, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{await member.AddressAsync("http")}") };
        Assert.Equal("ok\n", await http.GetStringAsync("/healthz", cancellation));
        await UntilReadyAsync(http, cancellation);
        var text = await http.GetStringAsync("/metrics", cancellation);
        string[] names =
        [
            "exchange_raft_is_leader ", "exchange_commands_committed_total ", "invariant_violation_total 0\n",
            "exchange_queue_length{queue=\"commands\"} ", "exchange_wal_write_seconds_count ",
            "exchange_core_turn_seconds_bucket{le=\"0.001024\"}", "process_cpu_seconds_total ",
            "dotnet_gc_collections_total{generation=\"2\"}", "exchange_transport_closed_total{side=\"client\",",
            "auth_fail_total{reason=\"unauthenticated\"} 0\n", "exchange_snapshot_index 0\n",
        ];
        Assert.All(names, name => Assert.Contains(name, text, StringComparison.Ordinal));
        var types = text.Split('\n').Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).ToArray();
        Assert.Equal(types.Length, types.Distinct().Count());
    }

    private static async Task SnapshotAsync(LoopbackCluster cluster, int node, CancellationToken cancellation)
    {
        using var admin = cluster.Admin(node);
        var taken = await CallAsync<Wire.TakeSnapshotReply>(
            admin, "TakeSnapshot", new Wire.TakeSnapshotRequest(), cancellation);
        var status = await CallAsync<Wire.MemberStatus>(
            admin, "GetStatus", new Wire.GetStatusRequest(), cancellation);
        Assert.True(taken.Index > 0);
        Assert.Equal(taken.Index, status.SnapshotIndex);
        Assert.Equal((uint)node, status.Node);
        Assert.Equal(3, status.Members.Count);
    }

    // A member that is out of breath says so and why, and is asked again.
    private static async Task UntilReadyAsync(HttpClient http, CancellationToken cancellation)
    {
        while (true)
        {
            using var response = await http.GetAsync("/readyz", cancellation);
            using var ready = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
            Assert.Equal(response.IsSuccessStatusCode, ready.RootElement.GetProperty("ready").GetBoolean());
            Assert.Equal(
                response.IsSuccessStatusCode, ready.RootElement.GetProperty("reasons").GetArrayLength() == 0);
            if (response.IsSuccessStatusCode)
            {
                return;
            }
        }
    }

    private static async Task<int> HandOverAsync(LoopbackCluster cluster, int leader, CancellationToken cancellation)
    {
        using var admin = cluster.Admin(leader);
        var next = (leader % 3) + 1;
        var moved = await CallAsync<Wire.TransferLeadershipReply>(
            admin, "TransferLeadership", new Wire.TransferLeadershipRequest { Node = (uint)next }, cancellation);
        Assert.Equal((uint)next, moved.Leader);
        var refused = await Assert.ThrowsAsync<GrpcException>(() => CallAsync<Wire.TransferLeadershipReply>(
            admin, "TransferLeadership", new Wire.TransferLeadershipRequest { Node = (uint)leader }, cancellation));
        Assert.Equal(GrpcStatus.Unavailable, refused.Status);
        return next;
    }

    private static Wire.PlaceOrderRequest Order(ulong number, string symbol = "BTC-KRW") => new()
    {
        Scope = ScopeOf(number, symbol),
        Price = 100,
        Quantity = 10,
        Side = Wire.Side.Sell,
        Type = Wire.OrderType.Limit,
        TimeInForce = Wire.TimeInForce.GoodTillCancel,
        SelfTradePrevention = Wire.SelfTradePrevention.None,
    };

    private static Wire.CommandScope ScopeOf(ulong number, string symbol = "BTC-KRW") => new()
    {
        Account = 2,
        User = 2,
        Symbol = symbol,
        Session = new Wire.SessionNumber { Session = 1, Number = number },
    };

    private static Wire.CommandKey Key(ulong key) => new()
    {
        Key = new Wire.Id128 { Low = key },
        CreatedAt = (ulong)(DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100,
    };

    private static Task<TReply> CallAsync<TReply>(
        GrpcClient client, string name, Google.Protobuf.IMessage request, CancellationToken cancellation)
        where TReply : Google.Protobuf.IMessage<TReply>, new() =>
        Calls.CallAsync<TReply>(client, name, request, cancellation);
}
