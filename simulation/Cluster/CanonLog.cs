using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Harness;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>What is known of a committed entry, by whoever applied it first.</summary>
internal struct CommittedEntry
{
    public EntryHeader Header;
    public ulong StateHash;
    public ulong EventChainHash;
    public ulong ResultsHash;
    public int PayloadAt;
    public int EventsAt;
    public int EventsLength;
    public int ResultsAt;
    public int ResultsLength;
}

/// <summary>
/// The one log, with what each entry decided, as an observer of all members knows it. It also holds what follows from
/// the log alone: numbers of a session rise by one, streams have no holes, money stays.
/// </summary>
internal sealed class CanonLog
{
    /// <summary>Most entries of a run; more is a run without end.</summary>
    public const int EntriesMax = 1 << 17;

    private readonly OutputBuffer _bytes = new(1 << 16);
    private readonly Dictionary<uint, ulong> _numbers = [];
    private CommittedEntry[] _entries = new CommittedEntry[1024];
    private HistoryCheck _history = new();

    /// <summary>The last index that anybody applied.</summary>
    public ulong Applied { get; private set; }

    /// <summary>Commands so far, repeats included.</summary>
    public long Commands { get; private set; }

    /// <summary>Commands that were answered from memory.</summary>
    public long Repeats { get; private set; }

    public long Trades => _history.Trades;

    public ref CommittedEntry this[ulong index] => ref _entries[index];

    public ReadOnlySpan<byte> Payload(ulong index) =>
        _bytes.Written.Slice(_entries[index].PayloadAt, (int)_entries[index].Header.PayloadLength);

    public ReadOnlySpan<byte> Events(ulong index) =>
        _bytes.Written.Slice(_entries[index].EventsAt, _entries[index].EventsLength);

    public ReadOnlySpan<byte> Results(ulong index) =>
        _bytes.Written.Slice(_entries[index].ResultsAt, _entries[index].ResultsLength);

    public void Clear()
    {
        Applied = 0;
        Commands = 0;
        Repeats = 0;
        _bytes.Clear();
        _numbers.Clear();
        _history = new HistoryCheck();
    }

    /// <summary>The next entry, told by the first that applied it.</summary>
    /// <returns>What cannot be; null where all is well.</returns>
    public string? Extend(
        in EntryHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> events, ReadOnlySpan<byte> results,
        ulong stateHash, ulong eventChainHash)
    {
        Invariant.Check(header.Index == Applied + 1);
        Applied++;
        if (Applied >= (ulong)_entries.Length)
        {
            Array.Resize(ref _entries, _entries.Length * 2);
        }

        ref var entry = ref _entries[Applied];
        entry = new CommittedEntry
        {
            Header = header,
            StateHash = stateHash,
            EventChainHash = eventChainHash,
            ResultsHash = StableHash.Of(results, header.Index),
            PayloadAt = Keep(payload),
            EventsAt = Keep(events),
            EventsLength = events.Length,
            ResultsAt = Keep(results),
            ResultsLength = results.Length,
        };
        try
        {
            _history.Observe(events);
        }
        catch (InvariantViolationException exception)
        {
            return exception.Message;
        }

        return header.Kind == EntryKind.Commands ? CheckNumbers(in header, payload, results) : null;
    }

    private int Keep(ReadOnlySpan<byte> bytes)
    {
        var at = _bytes.Length;
        _bytes.Append(bytes);
        return at;
    }

    // A number of a session takes effect once, and after all numbers before it.
    private string? CheckNumbers(in EntryHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> results)
    {
        var reader = new BatchReader(payload);
        var each = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, CommandResult>(results);
        for (var i = 0; i < each.Length && reader.TryRead(out var bytes); i++)
        {
            Commands++;
            var isFresh = each[i].Index == header.Index && each[i].Offset == (uint)i;
            Repeats += isFresh ? 0 : 1;
            if (!isFresh || bytes.Length < System.Runtime.CompilerServices.Unsafe.SizeOf<CommandHeader>()
                || each[i].Code is > RejectCode.None and < RejectCode.UnknownInstrument)
            {
                continue;
            }

            var command = System.Runtime.InteropServices.MemoryMarshal.Read<CommandHeader>(bytes);
            if (command.Dedup != DedupMode.Session)
            {
                continue;
            }

            var last = _numbers.GetValueOrDefault(command.Session.Value);
            if (command.Stamp != last + 1)
            {
                return $"session {command.Session.Value}: number {command.Stamp} took effect after {last}";
            }

            _numbers[command.Session.Value] = command.Stamp;
        }

        return null;
    }
}
