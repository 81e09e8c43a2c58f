using System.Runtime.InteropServices;
using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Events on their way between members: a member that installed a snapshot, or found a record damaged, asks the others
/// in turn for what its journal lacks, one message at a time.
/// </summary>
internal sealed class EventTraffic(EventJournal journal, RaftNode node, RaftOptions options)
{
    private readonly List<PeerMessage> _queries = [];
    private readonly List<(MemberId Member, ulong Floor)> _floors = [];
    private byte[] _served = new byte[Math.Min(options.MessageBytesMax, 256 << 10)];
    private int _servedLength;
    private ulong _servedIndex;
    private byte[] _taken = [];
    private int _takenLength;
    private ulong _takenIndex;
    private bool _isWhole;
    private int _turn;
    private bool _isAsking;
    private ulong _asked;
    private long _askAt;
    private long _lookAt;

    /// <summary>Answers of peers that were damaged or did not fit.</summary>
    public ulong RefusedCount { get; private set; }

    /// <summary>Whose journal reaches back to an index, as far as is known; none where nobody's does.</summary>
    public MemberId HintFor(ulong index)
    {
        foreach (var (member, floor) in _floors)
        {
            if (floor <= index && node.Configuration.RolesOf(member) != MemberRoles.None)
            {
                return member;
            }
        }

        return default;
    }

    /// <summary>A reader met a gap: asks the others how far back theirs go, at most once a heartbeat.</summary>
    public void Look(ulong index, long now)
    {
        if (now < _lookAt)
        {
            return;
        }

        _lookAt = now + options.HeartbeatNanos;
        foreach (ref readonly var member in node.Configuration.Members)
        {
            if (member.Id != node.Side.Self)
            {
                Query(member.Id, index, index - 1, offset: 0);
            }
        }
    }

    /// <summary>Takes a message that is for this node.</summary>
    public void Receive(in PeerMessage message, ReadOnlySpan<byte> body, long now)
    {
        if (message.Kind == PeerMessageKind.EventQuery)
        {
            var from = message.From;
            _queries.RemoveAll(query => query.From == from);
            if (_queries.Count < Configuration.MembersMax)
            {
                _queries.Add(message);
            }

            return;
        }

        Learn(message.From, message.HintIndex);
        if (!_isAsking || message.EchoSequence != _asked || message.Index != _takenIndex)
        {
            return;
        }

        if (message.Reason != AnswerReason.None)
        {
            Next(now + options.HeartbeatNanos);
            return;
        }

        Take(in message, body, now);
    }

    /// <summary>Goes on: answers one query, or asks.</summary>
    /// <returns>True where something was answered or asked.</returns>
    public bool Step(long now, bool isAside) => TryServe(isAside) | TryFetch(now);

    private void Learn(MemberId member, ulong floor)
    {
        _floors.RemoveAll(known => known.Member.Number == member.Number);
        if (_floors.Count < Configuration.MembersMax)
        {
            _floors.Add((member, floor));
        }
    }

    private void Take(in PeerMessage message, ReadOnlySpan<byte> body, long now)
    {
        var length = message.Length;
        var isNext = message.Offset == (ulong)_takenLength
            && length <= JournalRecordHeader.EventsLengthMax + JournalRecordHeader.Size + 8
            && (ulong)_takenLength + (ulong)body.Length <= length
            && !body.IsEmpty;
        if (!isNext)
        {
            RefusedCount++;
            Next(now + options.HeartbeatNanos);
            return;
        }

        if (_taken.Length < (int)length)
        {
            Array.Resize(ref _taken, (int)length);
        }

        body.CopyTo(_taken.AsSpan(_takenLength));
        _takenLength += body.Length;
        _isWhole = (ulong)_takenLength == length;
        (_isAsking, _askAt) = (false, now);
    }

    private bool TryFetch(long now)
    {
        if (journal.Missing is not { } missing)
        {
            Begin(index: 0, askAt: now);
            return false;
        }

        if (missing.First != _takenIndex)
        {
            Begin(missing.First, askAt: now);
        }

        if (journal.IsFilling)
        {
            return false;
        }

        if (_isWhole)
        {
            return TryFill(now);
        }

        if (now < _askAt)
        {
            return false;
        }

        if (_isAsking)
        {
            // One that does not answer is passed over.
            Next(now);
        }

        (_isAsking, _askAt) = (true, now + (4 * options.HeartbeatNanos));
        if (!TryTurn(out var peer))
        {
            return false;
        }

        _asked = Query(peer, missing.First, missing.Last, (ulong)_takenLength);
        return true;
    }

    private bool TryFill(long now)
    {
        switch (journal.Fill(_taken.AsSpan(0, _takenLength)))
        {
            case FillAnswer.Busy:
                return false;
            case FillAnswer.Taken:
                Begin(index: 0, askAt: now);
                return true;
            default:
                RefusedCount++;
                Next(now + options.HeartbeatNanos);
                return true;
        }
    }

    // What one began to send is of no use with another's.
    private void Next(long askAt)
    {
        _turn++;
        Begin(_takenIndex, askAt);
    }

    private void Begin(ulong index, long askAt) =>
        (_takenIndex, _takenLength, _isWhole, _isAsking, _askAt) = (index, 0, false, false, askAt);

    private bool TryTurn(out MemberId peer)
    {
        var members = node.Configuration.Members;
        for (var i = 0; i < members.Length; i++)
        {
            peer = members[(_turn + i) % members.Length].Id;
            if (peer != node.Side.Self)
            {
                return true;
            }
        }

        peer = default;
        return false;
    }

    private ulong Query(MemberId to, ulong index, ulong last, ulong offset)
    {
        var query = node.Side.Make(PeerMessageKind.EventQuery, to);
        query.Index = index;
        query.HintIndex = last;
        query.Offset = offset;
        return node.Side.Send(in query, default);
    }

    // One a step: the answer's body is lent until the turn ends.
    private bool TryServe(bool isAside)
    {
        if (_queries.Count == 0)
        {
            return false;
        }

        var query = _queries[0];
        var answer = node.Side.Make(PeerMessageKind.EventAnswer, query.From);
        answer.Index = query.Index;
        answer.Offset = query.Offset;
        answer.EchoSequence = query.Sequence;
        answer.HintIndex = isAside ? ulong.MaxValue : journal.Floor;
        var part = ReadOnlyMemory<byte>.Empty;
        if (isAside || query.Index > query.HintIndex)
        {
            answer.Reason = AnswerReason.Unavailable;
        }
        else if (!TryRead(in query, ref answer, out part))
        {
            return false;
        }

        _queries.RemoveAt(0);
        node.Side.Send(in answer, part);
        return true;
    }

    private bool TryRead(in PeerMessage query, ref PeerMessage answer, out ReadOnlyMemory<byte> part)
    {
        part = default;
        if (query.Offset == 0 || query.Index != _servedIndex)
        {
            _servedIndex = 0;
            journal.Read(query.Index, _served, out var read);
            if (read.Answer == JournalAnswer.TooLong)
            {
                _served = new byte[read.Needed];
                journal.Read(query.Index, _served, out read);
            }

            if (read.Answer == JournalAnswer.Later)
            {
                return false;
            }

            _servedLength = read.Answer == JournalAnswer.Records ? LengthUpTo(read.Length, query.HintIndex) : 0;
            _servedIndex = query.Index;
        }

        if (query.Offset >= (ulong)_servedLength)
        {
            answer.Reason = AnswerReason.Unavailable;
            return true;
        }

        var start = (int)query.Offset;
        part = _served.AsMemory(start, Math.Min(_servedLength - start, options.MessageBytesMax));
        answer.Length = (ulong)_servedLength;
        return true;
    }

    private int LengthUpTo(int length, ulong last)
    {
        var at = 0;
        while (at < length)
        {
            var header = MemoryMarshal.Read<JournalRecordHeader>(_served.AsSpan(at));
            if (header.Index > last)
            {
                break;
            }

            at += header.PaddedLength;
        }

        return at;
    }
}
