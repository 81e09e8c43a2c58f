using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Hosts.Transport.Peers;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.StateMachine;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>What the replica tells the world, and the exchange it applies to.</summary>
internal sealed class CoreOutput(PendingCommands pending, PendingReads reads, Doorkeeper doorkeeper) : IReplicaOutput
{
    private ExchangeMachine _machine = new();

    /// <summary>The way to the other members; set before the first turn.</summary>
    public PeerTransport? Transport { get; set; }

    /// <summary>Questions to the exchange as it is.</summary>
    public ExchangeQueries Queries { get; private set; } = new(new ExchangeMachine());

    /// <summary>The member that leads, as far as known.</summary>
    public LeaderAddress Leader { get; set; }

    /// <summary>Messages that found no room on their way to a peer.</summary>
    public long Unsent { get; private set; }

    /// <summary>An exchange at its beginning; the last one made is the one in use.</summary>
    public IStateMachine NewMachine()
    {
        _machine = new ExchangeMachine();
        Queries = new ExchangeQueries(_machine);
        return _machine;
    }

    public void Send(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        var envelope = MemoryMarshal.AsBytes(new ReadOnlySpan<PeerMessage>(in message));
        if (!Transport!.TrySend(message.To.Number, envelope, body))
        {
            Unsent++;
        }
    }

    public void Applied(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results) =>
        pending.Applied(in header, results.Written, _machine.EventChainHash, Leader);

    public void Read(in ReadState read) => reads.Decided(in read);

    public void Installed(ulong index)
    {
        pending.Installed(index, Leader);
        doorkeeper.Installed();
    }
}
