using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Replication.Wal;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Hosts.Cli.Logs;

/// <summary>
/// Applies a log to a machine, entry by entry, each checked against the chain of those before it. Offline and in one
/// thread: what comes out is a function of the log and of this build.
/// </summary>
internal sealed class LogReplay : IDisposable
{
    private readonly LogFolder _folder;
    private readonly LogEntries _entries;
    private readonly ChainHasher _hasher = new();
    private ChainHash _chain;

    /// <summary>Starts behind a snapshot, or at the beginning.</summary>
    /// <param name="folder">The log.</param>
    /// <param name="snapshot">A snapshot file; null for the genesis state.</param>
    public LogReplay(LogFolder folder, string? snapshot)
    {
        _folder = folder;
        if (snapshot is not null)
        {
            (Machine, var manifest) = SnapshotVerb.Restore(snapshot);
            if (manifest.Header.ClusterId != folder.Report.Identity.ClusterId)
            {
                throw new InputException($"{snapshot}: is of cluster {manifest.Header.ClusterId:x32}, the log of "
                    + $"{folder.Report.Identity.ClusterId:x32}. Take a snapshot of the log's own cluster.");
            }

            _chain = manifest.Header.ChainHash;
            Term = manifest.Header.Term;
            Timestamp = manifest.Header.Timestamp;
        }

        First = Machine.AppliedIndex + 1;
        if (First < folder.First)
        {
            throw new InputException($"{folder.Path}: begins at entry {folder.First}, what came before is in a "
                + "snapshot. Add --from SNAPSHOT ('exchange snapshot export' writes one), of index "
                + $"{folder.First - 1} or higher.");
        }

        if (First > folder.Last + 1)
        {
            throw new InputException($"{snapshot}: stands at entry {First - 1}, behind the log's last, {folder.Last}. "
                + "Take an older snapshot.");
        }

        _entries = folder.Read(First);
    }

    public ExchangeMachine Machine { get; } = new();

    /// <summary>The first entry that is applied.</summary>
    public ulong First { get; }

    /// <summary>Of the last entry read; the snapshot's before the first.</summary>
    public ulong Term { get; private set; }

    /// <summary>Log time of the last entry read.</summary>
    public long Timestamp { get; private set; }

    /// <summary>Chain hash of the last entry read.</summary>
    public ref readonly ChainHash Chain => ref _chain;

    /// <summary>Events of the last entry applied.</summary>
    public OutputBuffer Events { get; } = new();

    /// <summary>Results of the last entry applied.</summary>
    public OutputBuffer Results { get; } = new();

    /// <summary>Reads the next entry, which is to be applied before the next call.</summary>
    /// <returns>False at the end.</returns>
    public bool TryRead(out EntryHeader header, out ReadOnlySpan<byte> payload)
    {
        switch (_entries.Read(out header, out payload))
        {
            case ReadOutcome.Entry:
                break;
            case ReadOutcome.End:
                return false;
            case var outcome:
                var fault = _folder.Faults.FirstOrDefault(
                    fault => fault.First <= _entries.Next && fault.Last >= _entries.Next);
                throw new InputException($"entry {_entries.Next} cannot be read ({outcome}): {_folder.PlaceOf(fault)}. "
                    + "Replay up to it with --until, or read another member's log.");
        }

        if (EntryCodec.CheckChain(in header, payload, in _chain, _hasher) != EntryError.None)
        {
            throw new InputException($"entry {header.Index} does not continue the chain of the entry before it: the "
                + "log was changed, or the snapshot is not of this log.");
        }

        _chain = header.ChainHash;
        Term = header.Term;
        Timestamp = header.Timestamp;
        return true;
    }

    /// <summary>Applies the entry read.</summary>
    public void Apply(in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        Events.Clear();
        Results.Clear();
        Machine.Apply(in header, payload, Events, Results);
    }

    public void Dispose()
    {
        _entries.Dispose();
        _hasher.Dispose();
    }
}
