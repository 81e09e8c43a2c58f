using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Bench.Full;

/// <summary>Entries of a log, encoded before anything is timed: headers in one array, payloads in one block.</summary>
internal sealed class EntryScript
{
    private readonly List<EntryHeader> _headers = [];
    private readonly List<int> _starts = [];
    private byte[] _payloads = new byte[1 << 20];
    private int _length;
    private int _commands;

    /// <summary>Log time of the last entry.</summary>
    public long Now { get; private set; } = 1_700_000_000_000_000_000;

    /// <summary>Entries so far.</summary>
    public int Count => _headers.Count;

    /// <summary>Adds a command to the entry under way.</summary>
    public void Append(ReadOnlySpan<byte> command)
    {
        if (_length + command.Length > _payloads.Length)
        {
            Array.Resize(ref _payloads, checked((int)Math.Min(_payloads.Length * 2L, Array.MaxLength)));
        }

        command.CopyTo(_payloads.AsSpan(_length));
        _length += command.Length;
        _commands++;
    }

    /// <summary>Ends the entry under way; an entry without commands only moves log time.</summary>
    public void EndEntry(long nanoseconds)
    {
        var start = _starts.Count == 0 ? 0 : _starts[^1] + (int)_headers[^1].PayloadLength;
        Now += nanoseconds;
        _starts.Add(start);
        _headers.Add(new EntryHeader
        {
            ClusterId = 1,
            Term = 1,
            Index = (ulong)_headers.Count + 1,
            Timestamp = Now,
            Kind = _commands == 0 ? EntryKind.Time : EntryKind.Commands,
            Version = EntryHeader.CurrentVersion,
            Epoch = 1,
            CommandCount = (uint)_commands,
            PayloadLength = (uint)(_length - start),
        });
        _commands = 0;
    }

    public void Apply(ExchangeMachine machine, int first, int limit, OutputBuffer events, OutputBuffer results)
    {
        var headers = CollectionsMarshal.AsSpan(_headers);
        var starts = CollectionsMarshal.AsSpan(_starts);
        for (var i = first; i < limit; i++)
        {
            events.Clear();
            results.Clear();
            ref readonly var header = ref headers[i];
            machine.Apply(in header, _payloads.AsSpan(starts[i], (int)header.PayloadLength), events, results);
        }
    }
}
