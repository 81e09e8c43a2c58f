using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// Gets damaged entries back from the others. Their bytes are certain when they are committed there, or when the chain
/// through them leads to the entry that stands whole behind the damage. Needs no leader: every member may lack
/// something else and all of them together nothing (PAR, FAST 2018).
/// </summary>
internal sealed class Repair(NodeState state)
{
    private LogPoint _before;
    private LogPoint _after;
    private long _askAt;
    private byte[] _bytes = [];
    private int _length;
    private ulong _last;
    private ulong _ticket;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    public void Begin(in LogPoint before, ulong last)
    {
        _before = before;
        _after = default;
        state.DamagedFirst = before.Index + 1;
        state.DamagedLast = last;
        state.Set(RaftFaults.LogDamaged, true);
    }

    /// <summary>The first entry that stands whole behind the damage.</summary>
    public void End(in LogPoint after) => _after = after;

    public void Tick()
    {
        if (!state.Has(RaftFaults.LogDamaged) || _ticket != 0 || state.Now < _askAt)
        {
            return;
        }

        _askAt = state.Now + state.Options.HeartbeatNanos;
        foreach (var peer in state.Members.Peers)
        {
            var message = state.Out.Make(PeerMessageKind.RepairQuery, peer.Id);
            message.Index = state.DamagedFirst;
            message.HintIndex = state.DamagedLast + 1;
            state.Out.Send(in message, default);
        }
    }

    public void OnQuery(in PeerMessage message)
    {
        var last = Math.Min(message.HintIndex, state.VouchedIndex);
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
        if (!state.Has(RaftFaults.LogDamaged) || _ticket != 0 || message.Index != state.DamagedFirst)
        {
            return;
        }

        if (state.DamagedFirst > state.Log.Last.Index)
        {
            // The log ends before the damage: a leader's entries fill it.
            return;
        }

        var certain = Measure(in message, body, out var last);
        if (last < state.DamagedFirst)
        {
            return;
        }

        if (_bytes.Length < certain)
        {
            _bytes = new byte[certain];
        }

        body[..certain].CopyTo(_bytes);
        _length = certain;
        _last = last;
        state.Marks.Repair(state.DamagedFirst, last, state.Now);
        _ticket = state.Marks.LastTicket;
    }

    public void OnPersisted()
    {
        if (_ticket == 0 || state.Marks.Ticket < _ticket)
        {
            return;
        }

        _ticket = 0;
        if (!state.Has(RaftFaults.LogDamaged))
        {
            return;
        }

        ReadOnlySpan<byte> rest = _bytes.AsSpan(0, _length);
        while (EntryCodec.TryRead(rest, out var header, out var payload, out _))
        {
            rest = rest[(EntryCodec.HeaderSize + payload.Length)..];
            _before = LogPoint.Of(in header);
            state.Log.Mend(in header);
            if (header.Kind == EntryKind.Configuration
                && header.Index > state.Members.CurrentIndex
                && Configuration.TryDecode(payload, out var members))
            {
                state.Members.Append(members, header.Index);
            }
        }

        state.Mended(_last);
    }

    /// <summary>How much of an answer is certainly what stood here.</summary>
    private int Measure(in PeerMessage message, ReadOnlySpan<byte> body, out ulong last)
    {
        var chain = _before.ChainHash;
        var index = _before.Index;
        var read = 0;
        var certain = 0;
        last = index;
        while (EntryCodec.TryRead(body[read..], chain, state.Hasher, out var header, out var payload, out _)
            && header.Index == index + 1)
        {
            index++;
            chain = header.ChainHash;
            if (index > state.DamagedLast)
            {
                var isLed = _after.Index == index && _after.ChainHash == chain;
                certain = isLed ? read : certain;
                last = isLed ? state.DamagedLast : last;
                return certain;
            }

            read += EntryCodec.HeaderSize + payload.Length;
            if (index <= message.CommitIndex)
            {
                certain = read;
                last = index;
            }
        }

        return certain;
    }
}
