using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// A log with damage. To consensus it ends before the first damaged entry: nothing behind is acknowledged, compared,
/// committed or sent. In elections the node answers for all of it: see <see cref="HardState.VoteFloorIndex"/>. What
/// becomes of the rest:
/// <para>(1) Copies are asked for, of one member after the other, the leader first. A copy is taken if its chain leads
/// from the entry before the damage to the hash that the damaged part is known to end with: these are the very bytes
/// that stood here, whether committed or not, and the log is what it was. It needs no leader: every member may lack
/// something else and all of them together nothing (PAR, FAST 2018).</para>
/// <para>(2) Where nobody has a copy and there is a leader, its entries are taken: the rest of the log is cut off, and
/// before it the hard state keeps where it ended.</para>
/// <para>(3) Where the leader has those entries no more, it sends a snapshot; the log begins anew behind it, in the
/// same way.</para>
/// </summary>
internal sealed class Repair(NodeState state)
{
    // Rounds in which every member was asked once, before a leader's entries are taken instead.
    private const int RoundsMax = 2;

    private ulong _last;
    private ChainHash _lastChain;

    // What was received, in order; good only as a whole.
    private byte[] _bytes = [];
    private int _length;
    private LogPoint _end;

    private MemberId _asked;
    private int _turn;
    private int _rounds;
    private long _askAt;
    private ulong _ticket;
    private bool _isReadable;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>What was damaged is whole on disk: the rest of the log can be read on.</summary>
    public bool IsReadable => state.HasRest && _isReadable;

    /// <summary>Whether the rest may be got back. Else a leader's entries take its place.</summary>
    public bool IsHopeful => state.HasRest && (_isReadable || _ticket != 0 || _rounds < RoundsMax);

    private bool IsAsking => state.HasRest && !_isReadable && _ticket == 0 && _lastChain != ChainHash.Genesis;

    public void Begin(in LogDamage damage)
    {
        state.BeginRest(damage.EndIndex, damage.EndTerm);
        (_last, _lastChain) = (damage.Last, damage.LastChain);
        _isReadable = false;
        _askAt = state.Now;
        Restart();
    }

    /// <summary>Another leader: it may have what nobody had.</summary>
    public void OnLeader()
    {
        if (IsAsking)
        {
            Restart();
        }
    }

    /// <summary>Asks the next one where nobody answered.</summary>
    public void Tick()
    {
        if (IsAsking && state.Now >= _askAt)
        {
            AskNext();
        }
    }

    public void OnQuery(in PeerMessage message)
    {
        // Also what lies behind damage here: a copy is proved by who asks for it.
        var last = Math.Min(message.HintIndex, Math.Max(state.Log.Last.Index, state.RestLast));
        var isHere = message.Index > state.Log.FloorIndex && message.Index <= last;
        if (isHere && !state.Log.Ring.Has(message.Index))
        {
            state.Ready.EntryReadBatch.Add(
                new EntryRead(message.From, message.Index, last, state.Options.MessageBytesMax, IsRepair: true));
            return;
        }

        var answer = state.Out.Answer(PeerMessageKind.RepairAnswer, in message);
        answer.Index = message.Index;
        answer.Reason = isHere ? AnswerReason.None : AnswerReason.Unavailable;
        var body = ReadOnlyMemory<byte>.Empty;
        if (isHere)
        {
            last = Math.Min(last, state.Log.Last.Index);
            body = state.Log.Ring.Run(message.Index, last, state.Options.MessageBytesMax, out var end);
            answer.EntryCount = (uint)(end - message.Index + 1);
        }

        state.Out.Send(in answer, body);
    }

    /// <summary>Entries for another's repair were read. Rare, so their copy is made for the occasion.</summary>
    public void OnRead(MemberId peer, ulong first, ReadOnlySpan<byte> entries)
    {
        var answer = state.Out.Make(PeerMessageKind.RepairAnswer, peer);
        answer.Index = first;
        var rest = entries;
        while (EntryCodec.TryRead(rest, out _, out var payload, out _))
        {
            rest = rest[(EntryCodec.HeaderSize + payload.Length)..];
            answer.EntryCount++;
        }

        answer.Reason = answer.EntryCount == 0 ? AnswerReason.Unavailable : AnswerReason.None;
        state.Out.Send(in answer, entries[..^rest.Length].ToArray());
    }

    public void OnAnswer(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        if (!IsAsking || message.From != _asked || message.Index != _end.Index + 1)
        {
            return;
        }

        var before = _end.Index;
        Collect(body);
        if (_end.Index == _last && _end.ChainHash == _lastChain)
        {
            state.Marks.Repair(state.Log.Last.Index + 1, _last, state.Now);
            _ticket = state.Marks.LastTicket;
        }
        else if (_end.Index > before && _end.Index < _last && _length < state.Options.RingBytes)
        {
            Ask();
        }
        else
        {
            AskNext();
        }
    }

    public void OnPersisted()
    {
        if (_ticket != 0 && state.Marks.Ticket >= _ticket)
        {
            // Whoever reads on finds out whether it is whole.
            _ticket = 0;
            _isReadable = true;
        }
    }

    private void Restart()
    {
        _asked = MemberId.None;
        (_turn, _rounds, _ticket) = (0, _lastChain == ChainHash.Genesis ? RoundsMax : 0, 0);
        Forget();
    }

    private void Forget()
    {
        _length = 0;
        _end = state.Log.Last;
    }

    // The leader, then all others; then a pause.
    private void AskNext()
    {
        Forget();
        for (var peers = state.Members.Peers; _turn <= peers.Length;)
        {
            var turn = _turn++;
            var peer = turn == 0 ? state.Leader : peers[turn - 1].Id;
            if (!peer.IsNone && peer != state.Self && (turn == 0 || peer != state.Leader))
            {
                _asked = peer;
                Ask();
                return;
            }
        }

        _asked = MemberId.None;
        _turn = 0;
        _rounds++;
        _askAt = state.Now + state.Options.HeartbeatNanos;
    }

    private void Ask()
    {
        _askAt = state.Now + state.Options.HeartbeatNanos;
        var message = state.Out.Make(PeerMessageKind.RepairQuery, _asked);
        message.Index = _end.Index + 1;
        message.HintIndex = _last;
        state.Out.Send(in message, default);
    }

    // Each entry has to follow from the one before; whether they are the right ones shows at the end.
    private void Collect(ReadOnlySpan<byte> body)
    {
        var read = 0;
        while (_end.Index < _last
            && EntryCodec.TryRead(body[read..], _end.ChainHash, state.Hasher, out var header, out var payload, out _)
            && header.Index == _end.Index + 1)
        {
            read += EntryCodec.HeaderSize + payload.Length;
            _end = LogPoint.Of(in header);
        }

        if (_bytes.Length < _length + read)
        {
            Array.Resize(ref _bytes, Math.Max(_length + read, _bytes.Length * 2));
        }

        body[..read].CopyTo(_bytes.AsSpan(_length));
        _length += read;
    }
}
