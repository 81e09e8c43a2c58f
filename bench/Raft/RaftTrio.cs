using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Bench.Raft;

/// <summary>
/// Three nodes on one thread that hand each other their messages directly: the cost of consensus itself, with every
/// checksum and chain hash, and nothing of a network or a disk.
/// </summary>
internal sealed class RaftTrio : IDisposable
{
    private const int Count = 3;
    private const long Heartbeat = 50_000_000;

    private readonly ChainHasher _hasher = new();
    private readonly RaftNode[] _nodes = new RaftNode[Count];
    private readonly ulong[] _applied = new ulong[Count];
    private readonly byte[] _payload;
    private readonly uint _commands;
    private long _now = 1;

    public RaftTrio(int commands, int commandBytes, RaftOptions options)
    {
        _commands = (uint)commands;
        _payload = new byte[commands * commandBytes];
        for (var i = 0; i < _payload.Length; i++)
        {
            _payload[i] = unchecked((byte)(i * 31));
        }

        var founders = RaftStart.Founded(Configuration.OfVoters(Id(0), Id(1), Id(2)));
        for (var i = 0; i < Count; i++)
        {
            var start = new RaftStart { ClusterId = 1, Epoch = 1, Self = Id(i), Snapshot = founders, IsNew = true };
            _nodes[i] = new RaftNode(options, start, _hasher);
            _nodes[i].Start(_now, _now);
        }

        while (_nodes[0].Status.Role != RaftRole.Leader)
        {
            // The first one is told the time first, so it is the first to lose patience.
            _now += options.ElectionTimeoutMaxNanos;
            _nodes[0].Tick(_now, _now);
            for (var turn = 0; turn < 8; turn++)
            {
                Turn();
            }
        }
    }

    /// <summary>Commands that the leader has applied.</summary>
    public long Applied { get; private set; }

    /// <summary>Proposes and carries on until so many commands more are applied by all.</summary>
    public void Run(long commands)
    {
        var end = Applied + commands;
        while (Applied < end)
        {
            for (var i = 0; i < 16; i++)
            {
                _nodes[0].Propose(_payload, _commands, out _);
            }

            _now += Heartbeat / 100;
            for (var i = 0; i < Count; i++)
            {
                _nodes[i].Tick(_now, _now);
            }

            Turn();
            Turn();
        }
    }

    public void Dispose() => _hasher.Dispose();

    private static MemberId Id(int place) => new((uint)place + 1, 1);

    private void Turn()
    {
        for (var i = 0; i < Count; i++)
        {
            Turn(i);
        }
    }

    private void Turn(int place)
    {
        var node = _nodes[place];
        var ready = node.Ready();
        var messages = ready.Messages;
        for (var i = 0; i < messages.Length; i++)
        {
            ref readonly var message = ref messages[i];
            Invariant.Check(PeerMessageCodec.Check(in message.Header) == PeerMessageError.None);
            Invariant.Check(PeerMessageCodec.CheckBody(in message.Header, message.Body.Span) == PeerMessageError.None);
            _nodes[message.Header.To.Number - 1].Step(in message.Header, message.Body.Span);
        }

        var writes = ready.Writes;
        var ticket = writes.IsEmpty ? 0 : writes[^1].Ticket;
        var commit = ready.CommitIndex;
        node.Advance();
        if (ticket != 0)
        {
            node.Persisted(ticket);
        }

        Apply(place, commit);
    }

    private void Apply(int place, ulong commit)
    {
        while (_applied[place] < commit)
        {
            var isHere = _nodes[place].TryGetEntry(++_applied[place], out var entry);
            Invariant.Check(isHere);
            var header = System.Runtime.InteropServices.MemoryMarshal.Read<EntryHeader>(entry);
            var payload = entry[EntryCodec.HeaderSize..];
            _nodes[place].Applied(in header, payload, header.Index, header.Index, long.MaxValue);
            Applied += place == 0 ? header.CommandCount : 0;
        }
    }
}
