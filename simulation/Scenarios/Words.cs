namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>Reads a scenario's line word by word.</summary>
internal sealed class Words(string line)
{
    private static readonly (string Unit, long Nanoseconds)[] _units =
    [
        ("ms", 1_000_000), ("us", 1_000), ("ns", 1), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];

    private readonly string[] _words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    private int _next;

    public bool IsEmpty => _next == _words.Length;

    public string Peek => IsEmpty ? string.Empty : _words[_next];

    /// <summary>The words that are left.</summary>
    public string Rest => string.Join(' ', _words[_next..]);

    public string Take() => IsEmpty ? throw Wrong("a word is missing") : _words[_next++];

    /// <summary>Goes past the word where it is next.</summary>
    public bool TakeIf(string word)
    {
        if (Peek != word)
        {
            return false;
        }

        _next++;
        return true;
    }

    public void Expect(string word)
    {
        if (!TakeIf(word))
        {
            throw Wrong($"'{word}' is missing");
        }
    }

    public Int128 Number()
    {
        var word = Take().Replace(",", string.Empty, StringComparison.Ordinal);
        if (word.StartsWith("2^", StringComparison.Ordinal))
        {
            return Int128.One << int.Parse(word[2..]);
        }

        return Int128.TryParse(word, out var number) ? number : throw Wrong($"'{word}' is not a number");
    }

    /// <summary>Nanoseconds: a number with a unit, as in 5s or 200ms; a sign may stand before.</summary>
    public long Duration()
    {
        var word = Take();
        foreach (var (unit, nanoseconds) in _units)
        {
            if (word.EndsWith(unit, StringComparison.Ordinal) && long.TryParse(word[..^unit.Length], out var count))
            {
                return count * nanoseconds;
            }
        }

        return word is "0" or "off" ? 0 : throw Wrong($"'{word}' is not a duration");
    }

    /// <summary>A name as the enumeration writes it, in any case and with or without hyphens.</summary>
    public T Name<T>()
        where T : struct, Enum
    {
        var word = Take();
        var plain = word.Replace("-", string.Empty, StringComparison.Ordinal);
        return Enum.TryParse<T>(plain, ignoreCase: true, out var value)
            ? value
            : throw Wrong($"'{word}' is not a name known here");
    }

    public FormatException Wrong(string what) => new($"{what} in the line: {line}");
}
