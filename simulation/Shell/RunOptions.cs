using System.Globalization;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>Options of a verb: `--name value`, and switches without a value; all others are refused.</summary>
internal sealed class RunOptions
{
    private readonly Dictionary<string, string> _values = [];

    private RunOptions(IReadOnlyList<string> files) => Files = files;

    /// <summary>What stands alone.</summary>
    public IReadOnlyList<string> Files { get; }

    public Profile Profile => ProfileOf(Get("profile") ?? "protocol");

    public static RunOptions Read(IReadOnlyList<string> arguments, string[] valued, string[] switches)
    {
        List<string> files = [];
        var options = new RunOptions(files);
        for (var i = 1; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                files.Add(argument);
            }
            else if (switches.Contains(argument[2..]))
            {
                options._values[argument[2..]] = "";
            }
            else if (valued.Contains(argument[2..]) && i + 1 < arguments.Count)
            {
                options._values[argument[2..]] = arguments[++i];
            }
            else
            {
                throw new UsageException($"cannot read '{argument}' of {arguments[0]}");
            }
        }

        return options;
    }

    /// <summary>A profile by its name.</summary>
    public static Profile ProfileOf(string name) => name switch
    {
        "protocol" => Profile.Protocol,
        "exchange" => Profile.Exchange,
        "long" => Profile.Long,
        _ => throw new UsageException($"no profile is called {name}"),
    };

    public bool Has(string name) => _values.ContainsKey(name);

    public string? Get(string name) => _values.GetValueOrDefault(name);

    public long Number(string name, long otherwise)
    {
        var text = Get(name);
        if (text is null)
        {
            return otherwise;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new UsageException($"--{name} takes a number, not '{text}'");
    }

    /// <summary>A seed is a number, or a commit's hash: its first sixteen digits.</summary>
    public ulong Seed(string name)
    {
        var text = Get(name) ?? throw new UsageException($"--{name} is missing");
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
        {
            return seed;
        }

        var digits = text.Length > 16 ? text[..16] : text;
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out seed)
            ? seed
            : throw new UsageException($"'{text}' is no seed");
    }
}
