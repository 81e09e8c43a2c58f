using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Replica.Clients;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>Who waits for a part of an entry.</summary>
internal readonly record struct Waiting(ClientChannel Channel, ulong Tag, uint Count);

/// <summary>
/// Entries that this member proposed and that are not applied yet, and who waits for them. An entry of another term at
/// the index of one of them says for certain that it never was committed; only where that does not come in time after
/// leadership was lost, the outcome is unknown.
/// </summary>
internal sealed class PendingCommands(long unknownAfterNanos)
{
    private readonly Queue<Entry> _entries = new();
    private readonly Queue<Waiting> _waiting = new();
    private ulong _last;
    private long _lostAt;

    private readonly record struct Entry(ulong Index, ulong Term, int Submissions);

    /// <summary>Entries under way.</summary>
    public int Entries => _entries.Count;

    /// <summary>Submissions under way.</summary>
    public int Submissions => _waiting.Count;

    /// <summary>Commands that were answered.</summary>
    public long Committed { get; private set; }

    /// <summary>Submissions that were overtaken by another leader's entry, and refused for certain.</summary>
    public long Overtaken { get; private set; }

    /// <summary>Submissions whose outcome was not known in time.</summary>
    public long Unknown { get; private set; }

    /// <summary>An entry was proposed.</summary>
    public void Add(ulong index, ulong term, List<Waiting> waiting, LeaderAddress leader)
    {
        // Leadership was lost, entries were cut off, and it was won again before a word came of them. A member that
        // still has them may yet win and commit them, so they are unknown and not overtaken.
        while (index <= _last && _entries.TryPeek(out var earlier) && earlier.Term != term)
        {
            GiveUp(leader);
        }

        _last = index;
        _entries.Enqueue(new Entry(index, term, waiting.Count));
        foreach (var one in waiting)
        {
            _waiting.Enqueue(one);
        }
    }

    /// <summary>An entry was applied: answers who waits for its index.</summary>
    public void Applied(in EntryHeader header, ReadOnlySpan<byte> results, ulong eventChainHash, LeaderAddress leader)
    {
        if (!_entries.TryPeek(out var entry) || entry.Index > header.Index)
        {
            return;
        }

        Invariant.Check(entry.Index == header.Index);
        _entries.Dequeue();
        if (entry.Term != header.Term)
        {
            Overtaken += entry.Submissions;
            Refuse(entry.Submissions, RefusalCode.NotLeader, leader);
            return;
        }

        var committed = new CommittedHeader
        {
            Index = header.Index,
            Term = header.Term,
            ChainHash = header.ChainHash,
            EventChainHash = eventChainHash,
        };
        for (var i = 0; i < entry.Submissions; i++)
        {
            var one = _waiting.Dequeue();
            committed.Count = one.Count;
            var length = (int)one.Count * Marshal.SizeOf<CommandResult>();
            one.Channel.Send(ClientMessageKind.Committed, one.Tag, in committed, results[..length]);
            one.Channel.Pending--;
            results = results[length..];
            committed.FirstOffset += one.Count;
            Committed += one.Count;
        }

        Invariant.Check(results.IsEmpty);
    }

    /// <summary>A snapshot took the place of entries up to an index: what became of them was never told.</summary>
    public void Installed(ulong index, LeaderAddress leader)
    {
        while (_entries.TryPeek(out var entry) && entry.Index <= index)
        {
            GiveUp(leader);
        }
    }

    /// <summary>Gives up what nobody can tell any more.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="term">The term this member leads; zero where it does not.</param>
    /// <param name="leader">Whom to ask.</param>
    public void Expire(long now, ulong term, LeaderAddress leader)
    {
        if (!_entries.TryPeek(out var first) || first.Term == term)
        {
            _lostAt = now;
        }
        else if (now - _lostAt >= unknownAfterNanos)
        {
            while (_entries.TryPeek(out var entry) && entry.Term != term)
            {
                GiveUp(leader);
            }
        }
    }

    private void GiveUp(LeaderAddress leader)
    {
        var entry = _entries.Dequeue();
        Unknown += entry.Submissions;
        Refuse(entry.Submissions, RefusalCode.OutcomeUnknown, leader);
    }

    private void Refuse(int count, RefusalCode code, LeaderAddress leader)
    {
        for (var i = 0; i < count; i++)
        {
            var one = _waiting.Dequeue();
            one.Channel.Refuse(one.Tag, code, leader);
            one.Channel.Pending--;
        }
    }
}
