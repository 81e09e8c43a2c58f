using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

/// <summary>An entry as a log holds it.</summary>
internal sealed record LoggedEntry(EntryHeader Header, byte[] Payload)
{
    public ulong Index => Header.Index;
}

/// <summary>
/// A log on a disk, and beside it what the log must hold. Entries are made here and chained, as a leader does.
/// </summary>
internal sealed class LogDriver
{
    public const ulong ClusterId = 77;
    private readonly List<LoggedEntry> _entries = [];
    private LoggedEntry? _base;
    private ulong _ticket;

    // One for all of a thread: it carries nothing over.
    [ThreadStatic]
    private static ChainHasher? _hasher;

    private LogDriver(IDrivenDisk disk, WriteAheadLog log)
    {
        Files = disk;
        Log = log;
    }

    /// <summary>Small, so that a few entries fill a group and a few groups a segment.</summary>
    public static WalOptions Small { get; } = new()
    {
        SegmentBytes = 64 << 10,
        GroupBytesMax = 12 << 10,
        Groups = 4,
        ReserveBytes = 16 << 10,
        ReaderBytes = 16 << 10,
        MarkBytes = 8 << 10,
        SparesMax = 2,
        SealAfter = 1_000,
        StallAfter = 1_000_000,
    };

    public static WalIdentity Identity { get; } = new(ClusterId, NodeId: 1, Incarnation: 1, Salt: 0x5A17);

    public IDrivenDisk Files { get; }

    /// <summary>The same, where it is the one whose power can be cut.</summary>
    public PowerCutDisk Disk => (PowerCutDisk)Files;

    public WriteAheadLog Log { get; }

    public WalReport? Report { get; private init; }

    public long Now { get; set; }

    /// <summary>What was given to the log and not taken back, durable or not.</summary>
    public IReadOnlyList<LoggedEntry> Entries => _entries;

    public ulong Ticket => _ticket;

    public ulong BaseIndex => _base?.Index ?? 0;

    public ulong LastTerm => (_entries.Count > 0 ? _entries[^1] : _base)?.Header.Term ?? 0;

    public static LogDriver Format(WalOptions? options = null, IDrivenDisk? disk = null)
    {
        disk ??= new PowerCutDisk();
        var error = WriteAheadLog.Format(disk, options ?? Small, Identity, epoch: 1, out var log);
        Must(error == WalOpenError.None, $"formatting ended with {error}");
        var driver = new LogDriver(disk, log!);
        driver.Settle();
        Must(log!.Phase == WalPhase.Open, "a formatted log opens");
        return driver;
    }

    /// <summary>Opens what a disk holds; the entries are those of the log that was there before.</summary>
    public static LogDriver Open(IDrivenDisk disk, WalOptions? options = null, IWalProgress? progress = null)
    {
        var error = WriteAheadLog.Open(disk, options ?? Small, progress, out var log, out var report);
        Must(error == WalOpenError.None, $"opening ended with {error}");
        var driver = new LogDriver(disk, log!) { Report = report };
        driver.Settle();
        Must(log!.Phase == WalPhase.Open, "a recovered log opens");
        if (report!.BaseIndex > 0)
        {
            var header = new EntryHeader
            {
                Index = report.BaseIndex,
                Term = report.BaseTerm,
                ChainHash = report.BaseChain,
            };
            driver._base = new LoggedEntry(header, []);
        }

        return driver;
    }

    /// <summary>The next entry, not given to the log yet.</summary>
    public LoggedEntry Next(ulong term, int payloadLength, ulong content = 0)
    {
        var last = _entries.Count > 0 ? _entries[^1] : _base;
        var payload = new byte[payloadLength];
        var word = StableHash.Mix(term + 1, (last?.Index ?? 0) + content);
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] = (byte)((word >> (8 * (i % 8))) & 0xFF);
        }

        var header = new EntryHeader
        {
            ClusterId = ClusterId,
            Term = term,
            Index = (last?.Index ?? 0) + 1,
            Timestamp = (last?.Header.Timestamp ?? 0) + 1,
            Kind = EntryKind.Commands,
            Epoch = 1,
            CommandCount = 1,
        };
        _hasher ??= new ChainHasher();
        EntryCodec.Seal(ref header, payload, last?.Header.ChainHash ?? ChainHash.Genesis, _hasher);
        return new LoggedEntry(header, payload);
    }

    public WalRefusal TryAppend(ulong term, int payloadLength, ulong content = 0)
    {
        var entry = Next(term, payloadLength, content);
        var refusal = Log.Append(_ticket + 1, in Ref(entry), entry.Payload);
        if (refusal == WalRefusal.None)
        {
            _ticket++;
            _entries.Add(entry);
        }

        return refusal;
    }

    public LogDriver Append(ulong term, int payloadLength = 100, int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            Taken(TryAppend(term, payloadLength));
        }

        return this;
    }

    public LogDriver Vote(ulong term, ulong votedFor)
    {
        var before = Log.HardState;
        Taken(Log.SetHardState(++_ticket, before with { Term = term, VotedFor = votedFor }));
        return this;
    }

    public WalRefusal TryVote(WalHardState state)
    {
        var refusal = Log.SetHardState(_ticket + 1, state);
        _ticket += refusal == WalRefusal.None ? 1UL : 0;
        return refusal;
    }

    public LogDriver Truncate(ulong from)
    {
        Taken(TryTruncate(from));
        return this;
    }

    public WalRefusal TryTruncate(ulong from)
    {
        var at = _entries.FindIndex(entry => entry.Index == from);
        var before = at > 0 ? _entries[at - 1].Header : _base?.Header ?? default;
        var refusal = Log.TruncateFrom(_ticket + 1, from, before.Term, before.ChainHash);
        if (refusal == WalRefusal.None)
        {
            _ticket++;
            _entries.RemoveRange(at, _entries.Count - at);
        }

        return refusal;
    }

    /// <summary>An entry some way behind the last, as a snapshot from a peer ends with.</summary>
    public LoggedEntry Beyond(ulong term, ulong distance)
    {
        var entry = Next(term, 10);
        var header = entry.Header with { Index = entry.Index + distance };
        return new LoggedEntry(header, entry.Payload);
    }

    public LogDriver Reset(LoggedEntry to)
    {
        Taken(TryReset(to));
        return this;
    }

    public WalRefusal TryReset(LoggedEntry to)
    {
        var refusal = Log.Reset(_ticket + 1, to.Index, to.Header.Term, to.Header.ChainHash);
        if (refusal == WalRefusal.None)
        {
            _ticket++;
            _entries.Clear();
            _base = to;
        }

        return refusal;
    }

    /// <summary>Knows the entries of another log, to go on with them.</summary>
    public LogDriver Knows(IEnumerable<LoggedEntry> entries)
    {
        _entries.Clear();
        _entries.AddRange(entries);
        return this;
    }

    /// <summary>Hands what was given to the disk; nothing ends yet.</summary>
    public LogDriver Submit()
    {
        Log.Submit(Now);
        return this;
    }

    /// <summary>Takes the next request that has ended.</summary>
    public void CompleteNext() => Give(Files.CompleteNext());

    /// <summary>Ends the oldest request.</summary>
    public void CompleteNext(DiskError error) => Give(Disk.CompleteNext(error));

    public void Give(DiskRequest request) => Must(Log.TryComplete(request, Now), "the request is the log's");

    /// <summary>Lets everything end well.</summary>
    public LogDriver Settle()
    {
        Log.Submit(Now);
        while (!Files.IsIdle)
        {
            CompleteNext();
        }

        return this;
    }

    /// <summary>Reads all entries from an index on; stops at the first that is not there.</summary>
    public List<LoggedEntry> Read(ulong from, out ReadOutcome end)
    {
        Must(Log.TryOpenReader(from, out var reader), "there is room for a reader");
        var read = new List<LoggedEntry>();
        while (true)
        {
            end = reader!.Read(out var header, out var payload);
            if (end == ReadOutcome.Entry)
            {
                read.Add(new LoggedEntry(header, payload.ToArray()));
            }
            else if (end == ReadOutcome.Pending && !Files.IsIdle)
            {
                CompleteNext();
            }
            else if (end != ReadOutcome.Pending)
            {
                reader.Close();
                return read;
            }
        }
    }

    public static bool Same(LoggedEntry left, LoggedEntry right) =>
        left.Header.ChainHash == right.Header.ChainHash
        && left.Header.Index == right.Header.Index
        && left.Header.Term == right.Header.Term
        && left.Payload.AsSpan().SequenceEqual(right.Payload);

    public static void Must(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException(what);
        }
    }

    private static void Taken(WalRefusal refusal) => Must(refusal == WalRefusal.None, $"refused: {refusal}");

    private static ref readonly EntryHeader Ref(LoggedEntry entry) => ref new Box(entry.Header).Header;

    private sealed class Box(EntryHeader header)
    {
        public readonly EntryHeader Header = header;
    }
}
