namespace Exchange.Rsm.Hosts.Replica.Options;

/// <summary>One thing that can be set: by the environment, or by a line NAME=value of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">What holds where it is not set; empty for nothing.</param>
/// <param name="Help">What it does, in one line.</param>
/// <param name="IsSecret">Never printed.</param>
public sealed record Setting(string Name, string Default, string Help, bool IsSecret = false);

/// <summary>The settings as given, before anything is read into them. Names that nobody knows are refused.</summary>
public sealed class Settings
{
    private const string Prefix = "CORE_";

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _errors = [];

    private Settings()
    {
    }

    /// <summary>What is wrong with them so far.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Takes them from a file, then from the environment, which wins.</summary>
    /// <param name="known">What can be set.</param>
    /// <param name="file">Lines NAME=value; blank ones and comments (#) are passed over. Null for none.</param>
    /// <param name="environment">Names and values; those that do not begin with CORE_ are passed over.</param>
    /// <returns>The settings.</returns>
    public static Settings Read(
        IReadOnlyList<Setting> known,
        IEnumerable<string>? file,
        IEnumerable<KeyValuePair<string, string>> environment)
    {
        var settings = new Settings();
        foreach (var setting in known)
        {
            settings._values[setting.Name] = setting.Default;
        }

        var number = 0;
        foreach (var line in file ?? [])
        {
            number++;
            var text = line.Trim();
            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }

            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                settings._errors.Add($"line {number}: NAME=value is expected");
                continue;
            }

            settings.Take(text[..equals].Trim(), text[(equals + 1)..].Trim(), $"line {number}");
        }

        foreach (var (name, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                settings.Take(name, value.Trim(), "environment");
            }
        }

        return settings;
    }

    /// <summary>A setting's text.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The text, or its default.</returns>
    public string Text(string name) => _values[name];

    /// <summary>A setting read by a function.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="name">Its name.</param>
    /// <param name="read">Reads it; null where the text cannot be meant.</param>
    /// <param name="expected">What is expected, for the error.</param>
    /// <param name="otherwise">Goes on with this where it is wrong, to find further errors.</param>
    /// <returns>The value.</returns>
    public T Value<T>(string name, Func<string, T?> read, string expected, T otherwise)
        where T : struct
    {
        var value = read(_values[name]);
        if (value is null)
        {
            Add(name, $"{expected} is expected, not '{_values[name]}'");
        }

        return value ?? otherwise;
    }

    /// <summary>Notes that a setting cannot be meant.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="error">Why.</param>
    public void Add(string name, string error) => _errors.Add($"{name}: {error}");

    private void Take(string name, string value, string from)
    {
        if (!_values.ContainsKey(name))
        {
            _errors.Add($"{name} ({from}): there is no such setting");
            return;
        }

        _values[name] = value;
    }
}
