using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Network;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Tests.Network;

public sealed class NetworkModelTests
{
    private static readonly NetworkRates _good = new() { DelayMin = 100, DelaySpread = 900, TailMax = 1 << 20 };

    private readonly FaultCounts _counts = new();

    [Fact]
    public void A_message_has_its_fate_whatever_was_sent_before()
    {
        var rates = _good with { LossPpm = 200_000, DuplicatePpm = 300_000, TailPpm = 100_000, FlipPpm = 100_000 };
        var network = Network(rates);
        var alone = network.Send(0, 1, 42, 10, 800);
        for (ulong i = 0; i < 500; i++)
        {
            network.Send(0, 1, 1000 + i, 10, 800);
        }

        Assert.Equal(alone, network.Send(0, 1, 42, 10, 800));
    }

    [Fact]
    public void Losses_copies_flips_and_late_ones_come_at_about_their_rates()
    {
        var network = Network(
            _good with { LossPpm = 200_000, DuplicatePpm = 300_000, TailPpm = 50_000, FlipPpm = 20_000 });
        var (lost, copied, flipped, late) = (0, 0, 0, 0);
        for (ulong i = 0; i < 10_000; i++)
        {
            var fate = network.Send(0, 1, i, 0, 8);
            lost += fate.Arrival < 0 ? 1 : 0;
            copied += fate.CopyArrival >= 0 ? 1 : 0;
            flipped += fate.FlippedBit >= 0 ? 1 : 0;
            late += fate.Arrival > 1000 ? 1 : 0;
        }

        Assert.InRange(lost, 1800, 2200);
        Assert.InRange(copied, 2150, 2650);
        Assert.InRange(flipped, 100, 220);
        Assert.InRange(late, 300, 500);
        Assert.Equal(lost, _counts[FaultKind.MessageLost]);
        Assert.Equal(copied, _counts[FaultKind.MessageDuplicated]);
        Assert.True(_counts[FaultKind.MessageReordered] > 0);
    }

    [Fact]
    public void A_cut_is_one_way_and_ends_when_all_that_cut_have_ended()
    {
        var network = Network(_good);
        network.Cut(0, 1);
        network.Cut(0, 1);
        Assert.Equal(-1, network.Send(0, 1, 1, 0, 8).Arrival);
        Assert.InRange(network.Send(1, 0, 1, 0, 8).Arrival, 100, 1000);
        network.Mend(0, 1);
        Assert.Equal(-1, network.Send(0, 1, 1, 0, 8).Arrival);
        network.Mend(0, 1);
        Assert.InRange(network.Send(0, 1, 1, 0, 8).Arrival, 100, 1000);
    }

    [Fact]
    public void A_clogged_link_holds_messages_back_until_it_is_free()
    {
        var network = Network(_good);
        network.Clog(0, 1, 50_000);
        Assert.InRange(network.Send(0, 1, 1, 10_000, 8).Arrival, 50_100, 51_000);
        network.Unclog(0, 1);
        Assert.InRange(network.Send(0, 1, 1, 10_000, 8).Arrival, 10_100, 11_000);
    }

    [Fact]
    public void A_calm_network_loses_nothing()
    {
        var network = Network(_good with { LossPpm = 1_000_000, DuplicatePpm = 1_000_000, FlipPpm = 1_000_000 });
        network.Calm();
        for (ulong i = 0; i < 100; i++)
        {
            Assert.InRange(network.Send(0, 1, i, 0, 8).Arrival, 100, 1000);
        }
    }

    private NetworkModel Network(NetworkRates rates)
    {
        var network = new NetworkModel();
        network.Reset(new Fate(5), rates, _counts);
        return network;
    }
}
