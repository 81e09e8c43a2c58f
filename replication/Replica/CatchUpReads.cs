using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Reads older entries from disk for members that are behind, one request after the other. It never holds up what goes
/// on at the end of the log.
/// </summary>
internal sealed class CatchUpReads(WriteAheadLog log)
{
    // One for each member, and as many for its repair.
    private const int WaitingMax = 2 * Configuration.MembersMax;

    private readonly Queue<EntryRead> _waiting = new();
    private readonly OutputBuffer _bytes = new();
    private LogReader? _reader;
    private EntryRead _current;
    private bool _isReading;

    /// <summary>Reads for the repairs of others that were not taken: they ask again.</summary>
    public ulong Dropped { get; private set; }

    public void Add(in EntryRead read)
    {
        if (read.IsRepair && _waiting.Count >= WaitingMax)
        {
            Dropped++;
            return;
        }

        _waiting.Enqueue(read);
    }

    /// <summary>Goes on.</summary>
    /// <returns>True where a request was answered.</returns>
    public bool Step(RaftNode node)
    {
        if (!_isReading && !TryBegin())
        {
            return false;
        }

        while (true)
        {
            switch (_reader!.Read(out var header, out var payload))
            {
                case ReadOutcome.Pending:
                    return false;
                case ReadOutcome.Entry when TryTake(in header, payload):
                    continue;
                default:
                    // The end, damage, or enough: what was read is the answer, also where it is nothing.
                    // The reader lets go of the log: whoever wants more asks again, and nobody may.
                    _isReading = false;
                    _reader.Park();
                    node.EntriesRead(in _current, _bytes.Written);
                    return true;
            }
        }
    }

    private bool TryBegin()
    {
        if (!_waiting.TryDequeue(out _current))
        {
            return false;
        }

        if (_reader is null)
        {
            var isOpen = log.TryOpenReader(_current.First, out _reader);
            Invariant.Check(isOpen);
        }
        else
        {
            _reader.Seek(_current.First);
        }

        _bytes.Clear();
        _isReading = true;
        return true;
    }

    private bool TryTake(in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        var length = EntryCodec.HeaderSize + payload.Length;
        var isWanted = header.Index <= _current.Last
            && (_bytes.Length == 0 || _bytes.Length + length <= _current.BytesMax);
        if (isWanted)
        {
            _bytes.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<EntryHeader>(in header)));
            _bytes.Append(payload);
        }

        return isWanted;
    }
}
