using System.Net.Sockets;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Hosts.Replica.Core;

namespace Exchange.Rsm.Cluster.Tests;

public sealed class PendingCommandsTests
{
    private readonly PendingCommands _pending = new(unknownAfterNanos: 1_000);

    [Fact]
    public void An_entry_of_another_term_at_its_index_says_for_certain_that_it_was_not_committed()
    {
        using var channel = Channel();
        Propose(channel, index: 11, term: 5);
        Apply(index: 11, term: 6);
        Assert.Equal((0, 1L, 0L, 0), (_pending.Entries, _pending.Overtaken, _pending.Unknown, channel.Pending));
    }

    [Fact]
    public void Entries_cut_off_between_two_leaderships_are_unknown_and_do_not_stand_before_the_new_ones()
    {
        using var channel = Channel();
        for (var index = 11UL; index <= 15; index++)
        {
            Propose(channel, index, term: 5);
        }

        Propose(channel, index: 13, term: 7);
        Assert.Equal((1, 0L, 5L), (_pending.Entries, _pending.Overtaken, _pending.Unknown));
        Apply(index: 11, term: 6);
        Apply(index: 12, term: 7);
        Apply(index: 13, term: 7);
        Apply(index: 14, term: 7);
        Assert.Equal((0, 1L, 5L, 0), (_pending.Entries, _pending.Committed, _pending.Unknown, channel.Pending));
    }

    [Fact]
    public void Entries_behind_the_last_one_of_an_earlier_leadership_leave_it_its_chance()
    {
        using var channel = Channel();
        Propose(channel, index: 11, term: 5);
        Propose(channel, index: 13, term: 7);
        Apply(index: 11, term: 5);
        Apply(index: 13, term: 7);
        Assert.Equal((0, 2L, 0L), (_pending.Entries, _pending.Committed, _pending.Unknown));
    }

    [Fact]
    public void What_nobody_can_tell_any_more_is_given_up_in_time()
    {
        using var channel = Channel();
        Propose(channel, index: 11, term: 5);
        _pending.Expire(now: 0, term: 5, leader: default);
        _pending.Expire(now: 999, term: 0, leader: default);
        Assert.Equal(0, _pending.Unknown);
        _pending.Expire(now: 1_000, term: 0, leader: default);
        Assert.Equal((0, 1L), (_pending.Entries, _pending.Unknown));
    }

    private static ClientChannel Channel() =>
        new(new Socket(SocketType.Stream, ProtocolType.Tcp), 1 << 16, TimeSpan.FromSeconds(1), CancellationToken.None);

    private void Propose(ClientChannel channel, ulong index, ulong term)
    {
        channel.Pending++;
        _pending.Add(index, term, [new Waiting(channel, Tag: index, Count: 1)], leader: default);
    }

    private void Apply(ulong index, ulong term)
    {
        var header = new EntryHeader { Index = index, Term = term };
        _pending.Applied(in header, new byte[Marshal.SizeOf<CommandResult>()], eventChainHash: 0, leader: default);
    }
}
