using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Journal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Puts the events of applied entries into the journal. Where its disk is behind, those of one entry wait, and nothing
/// further is applied meanwhile: so no entry's events are ever left out.
/// </summary>
internal sealed class EventKeeper(EventJournal journal)
{
    private EntryHeader _waiting;
    private ulong _waitingChain;
    private ulong _flushAt;

    /// <summary>Whether the events of the last entry are still to be taken.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Entries whose events had to wait for the disk.</summary>
    public ulong WaitCount { get; private set; }

    /// <summary>Takes the events of the entry that was just applied.</summary>
    public void Keep(in EntryHeader header, OutputBuffer events, ulong eventChainHash)
    {
        Invariant.Check(!IsWaiting);
        (_waiting, _waitingChain, IsWaiting) = (header, eventChainHash, true);
        if (!TryKeep(events))
        {
            WaitCount++;
        }
    }

    /// <summary>Tries again.</summary>
    /// <param name="events">The same as were given.</param>
    /// <returns>Whether nothing waits any more.</returns>
    public bool TryKeep(OutputBuffer events)
    {
        if (IsWaiting && journal.TryAppend(in _waiting, events.Written, _waitingChain))
        {
            IsWaiting = false;
        }

        if (!IsWaiting && _flushAt != 0 && journal.LastIndex >= _flushAt)
        {
            _flushAt = 0;
            journal.Flush();
        }

        return !IsWaiting;
    }

    /// <summary>A snapshot was cut: it counts once the events up to it are durable.</summary>
    public void FlushAt(ulong index) => _flushAt = index;

    /// <summary>Another state took the place of the one that the events came from.</summary>
    public void Drop() => (IsWaiting, _flushAt) = (false, 0);
}
