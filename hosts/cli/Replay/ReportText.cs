using System.Buffers.Text;
using System.Security.Cryptography;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>
/// The report of a matching replay: comma-separated lines joined by line feeds, in order of (sequence, kind), where
/// lines of equal order stay as they came.
/// </summary>
public sealed class ReportText
{
    private readonly List<Line> _lines = [];
    private byte[] _text = new byte[1 << 16];
    private int _length;
    private bool _isOrdered = true;

    /// <summary>Number of lines.</summary>
    public int Count => _lines.Count;

    /// <summary>Appends a line: kind, sequence, and what else it tells.</summary>
    public void Add(ulong sequence, int kind, params ReadOnlySpan<long> values)
    {
        const int DigitsMax = 21;
        if (_length + (DigitsMax * (values.Length + 2)) > _text.Length)
        {
            Array.Resize(ref _text, _text.Length * 2);
        }

        var line = new Line(sequence, kind, _length);
        _isOrdered &= _lines.Count == 0 || _lines[^1].Before(line);
        Append(kind);
        _text[_length++] = (byte)',';
        Append((long)sequence);
        foreach (var value in values)
        {
            _text[_length++] = (byte)',';
            Append(value);
        }

        _text[_length++] = (byte)'\n';
        _lines.Add(line);
    }

    /// <summary>The text, without a line feed at its end.</summary>
    public ReadOnlySpan<byte> Text()
    {
        if (!_isOrdered)
        {
            Sort();
        }

        return _text.AsSpan(0, Math.Max(0, _length - 1));
    }

    /// <summary>SHA-256 of the text, lower-case hexadecimal.</summary>
    public string Sha256() => Convert.ToHexStringLower(SHA256.HashData(Text()));

    private void Append(long value)
    {
        Utf8Formatter.TryFormat(value, _text.AsSpan(_length), out var written);
        _length += written;
    }

    private void Sort()
    {
        var order = _lines
            .Select((line, place) => (line, end: place + 1 < _lines.Count ? _lines[place + 1].Start : _length))
            .OrderBy(item => item.line.Sequence)
            .ThenBy(item => item.line.Kind)
            .ToList();
        var sorted = new byte[_text.Length];
        var length = 0;
        for (var i = 0; i < order.Count; i++)
        {
            var (line, end) = order[i];
            _text.AsSpan(line.Start, end - line.Start).CopyTo(sorted.AsSpan(length));
            _lines[i] = line with { Start = length };
            length += end - line.Start;
        }

        (_text, _isOrdered) = (sorted, true);
    }

    private readonly record struct Line(ulong Sequence, int Kind, int Start)
    {
        public bool Before(Line other) =>
            Sequence < other.Sequence || (Sequence == other.Sequence && Kind <= other.Kind);
    }
}
