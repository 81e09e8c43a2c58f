using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Hosts.Cli.Logs;

/// <summary>Reads the entries of a log in order.</summary>
internal sealed class LogEntries : IDisposable
{
    private readonly ReadOnlyDisk _disk;
    private readonly WriteAheadLog _log;
    private readonly LogReader _reader;

    public LogEntries(ReadOnlyDisk disk, WriteAheadLog log, ulong index)
    {
        _disk = disk;
        _log = log;
        var isOpen = log.TryOpenReader(index, out var reader);
        Invariant.Check(isOpen);
        _reader = reader!;
    }

    /// <summary>The entry that is read next.</summary>
    public ulong Next => _reader.Next;

    /// <summary>Goes to another entry.</summary>
    public void Seek(ulong index) => _reader.Seek(index);

    /// <summary>Reads the next entry.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload, good until the next call.</param>
    /// <returns>An entry, the end, or what is in its place.</returns>
    public ReadOutcome Read(out EntryHeader header, out ReadOnlySpan<byte> payload)
    {
        while (true)
        {
            var outcome = _reader.Read(out header, out payload);
            if (outcome != ReadOutcome.Pending)
            {
                return outcome;
            }

            while (_disk.TryTake(out var request))
            {
                _log.TryComplete(request!, now: 0);
            }
        }
    }

    public void Dispose() => _reader.Close();
}
