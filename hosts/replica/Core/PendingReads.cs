using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.StateMachine.Queries;
using Member = Exchange.Rsm.Replication.Replica.Replica;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>A question that waits until it is certain that the state is current.</summary>
internal readonly record struct Question(ClientChannel Channel, ulong Tag, QueryHeader Query);

/// <summary>Linearizable reads: all questions of a turn share one answer of consensus.</summary>
internal sealed class PendingReads(int countMax, Answers answers, Func<LeaderAddress> leader)
{
    // How long a question waits for the entry it names.
    private const long LaterNanosMax = 5_000_000_000;

    private readonly Dictionary<ulong, List<Question>> _asked = [];
    private readonly List<ReadState> _decided = [];
    private readonly Stack<List<Question>> _free = new();
    private readonly PriorityQueue<Later, ulong> _later = new();
    private List<Question> _gathering = [];
    private ulong _context;
    private long _laterDue = long.MaxValue;

    private readonly record struct Later(Question Question, long Deadline);

    /// <summary>Questions that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Questions for which there was no room.</summary>
    public long Overloaded { get; private set; }

    /// <summary>Rounds of consensus that were asked for.</summary>
    public long Rounds { get; private set; }

    public void Add(in Question question)
    {
        if (Count >= countMax)
        {
            Overloaded++;
            question.Channel.Refuse(question.Tag, RefusalCode.Overloaded, leader());
            return;
        }

        Count++;
        _gathering.Add(question);
    }

    /// <summary>Takes a question about an entry that is not applied yet.</summary>
    /// <param name="question">The question.</param>
    /// <param name="now">Monotonic time.</param>
    public void AddLater(in Question question, long now)
    {
        if (Count >= countMax)
        {
            Overloaded++;
            question.Channel.Refuse(question.Tag, RefusalCode.Overloaded, leader());
            return;
        }

        Count++;
        var deadline = now + LaterNanosMax;
        _later.Enqueue(new Later(question, deadline), question.Query.MinIndex);
        _laterDue = Math.Min(_laterDue, deadline);
    }

    /// <summary>Goes on with questions whose entry is applied by now, and ends those that waited too long.</summary>
    /// <param name="applied">The last entry applied; zero while the state cannot be read.</param>
    /// <param name="now">Monotonic time.</param>
    /// <param name="queries">The state.</param>
    public void ServeLater(ulong applied, long now, ExchangeQueries queries)
    {
        while (_later.TryPeek(out var later, out var index) && index <= applied)
        {
            _later.Dequeue();
            Count--;
            if (later.Question.Query.Staleness == 0)
            {
                Add(later.Question);
            }
            else
            {
                var query = later.Question.Query;
                answers.Give(later.Question.Channel, later.Question.Tag, in query, queries);
            }
        }

        if (now >= _laterDue)
        {
            EndLate(now);
        }
    }

    /// <summary>Asks consensus for what has gathered.</summary>
    public void Ask(Member replica)
    {
        if (_gathering.Count == 0)
        {
            return;
        }

        var questions = _gathering;
        _gathering = _free.TryPop(out var free) ? free : [];
        Ask(replica, questions);
    }

    /// <summary>Consensus has decided. Served after its turn, because a lease has to be looked at once more.</summary>
    public void Decided(in ReadState read) => _decided.Add(read);

    /// <summary>Serves what was decided.</summary>
    public void Serve(Member replica, ExchangeQueries queries)
    {
        for (var i = 0; i < _decided.Count; i++)
        {
            var read = _decided[i];
            var isKnown = _asked.Remove(read.Context, out var questions);
            Invariant.Check(isKnown);
            if (read.Refusal != Refusal.None)
            {
                Refuse(questions!, read.Refusal);
            }
            else if (read.IsLease && !IsLeaseLeft(replica))
            {
                Ask(replica, questions!);
            }
            else
            {
                Serve(questions!, queries);
            }
        }

        _decided.Clear();
    }

    private void EndLate(long now)
    {
        (Later Later, ulong Index)[] all = [.. _later.UnorderedItems];
        _later.Clear();
        _laterDue = long.MaxValue;
        foreach (var (later, index) in all)
        {
            if (later.Deadline > now)
            {
                _later.Enqueue(later, index);
                _laterDue = Math.Min(_laterDue, later.Deadline);
                continue;
            }

            Count--;
            later.Question.Channel.Refuse(later.Question.Tag, RefusalCode.Unavailable, leader());
        }
    }

    // The clock is told again after the state was fixed for this read, and nothing is applied before it is answered:
    // a lease that still holds now held when the state was read. Paused between the two, the reply leaves late and says
    // what was true while the request was under way.
    private static bool IsLeaseLeft(Member replica)
    {
        replica.Tick(HostClock.Monotonic, HostClock.Wall);
        return replica.ConfirmLease();
    }

    private void Ask(Member replica, List<Question> questions)
    {
        var refusal = replica.RequestRead(++_context);
        Rounds++;
        if (refusal == Refusal.None)
        {
            _asked.Add(_context, questions);
        }
        else
        {
            Refuse(questions, refusal);
        }
    }

    private void Serve(List<Question> questions, ExchangeQueries queries)
    {
        foreach (var (channel, tag, query) in questions)
        {
            answers.Give(channel, tag, in query, queries);
        }

        End(questions);
    }

    private void Refuse(List<Question> questions, Refusal refusal)
    {
        foreach (var question in questions)
        {
            question.Channel.Refuse(question.Tag, Refusals.CodeOf(refusal), leader(), (ushort)refusal);
        }

        End(questions);
    }

    private void End(List<Question> questions)
    {
        Count -= questions.Count;
        questions.Clear();
        _free.Push(questions);
    }
}
