using System.CommandLine;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>The verbs of the write-ahead log.</summary>
internal static class WalVerbs
{
    public static Command Wal()
    {
        var folder = Folder("wal");
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often each size is measured; the middle one counts.",
            DefaultValueFactory = _ => 3,
        };
        var verb = new Command("wal", "Entries a second made durable, against dd; 1 if below 0.8 of the device.")
        {
            folder, rounds,
        };
        verb.SetAction(parsed =>
            new WalBench(parsed.GetValue(folder)!, Math.Max(1, parsed.GetValue(rounds)), Console.Out).Run() ? 0 : 1);
        return verb;
    }

    public static Command Restart()
    {
        var folder = Folder("restart");
        var entries = Number("--entries", "How long the log is.", 10_000_000);
        var commands = Number("--commands", "Commands in an entry.", 1);
        var bytes = Number("--bytes", "Bytes of a command.", 128);
        var verb = new Command("restart", "A replica comes back with a long log and applies it again; shows progress.")
        {
            folder, entries, commands, bytes,
        };
        verb.SetAction(parsed =>
        {
            var place = Path.Combine(parsed.GetValue(folder)!, "replica");
            try
            {
                using var bench = new RestartBench(
                    place,
                    parsed.GetValue(entries),
                    parsed.GetValue(commands),
                    parsed.GetValue(bytes),
                    Console.Out);
                bench.Run();
            }
            finally
            {
                Directory.Delete(place, recursive: true);
            }
        });
        return verb;
    }

    private static Option<int> Number(string name, string description, int value) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => value,
    };

    public static Command Crash()
    {
        var folder = Folder("crash");
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often the process is killed, in each way.",
            DefaultValueFactory = _ => 200,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "The moments.",
            DefaultValueFactory = _ => 1,
        };
        var mode = new Option<CrashMode?>("--mode") { Description = "One way alone." };
        var verb = new Command("crash", "Kills a process that appends; 1 if an acknowledged entry is missing.")
        {
            folder, rounds, seed, mode,
        };
        verb.SetAction(parsed =>
        {
            var bench = new CrashBench(
                Path.Combine(parsed.GetValue(folder)!, "log"), parsed.GetValue(seed), Console.Out);
            var alone = parsed.GetValue(mode);
            var count = parsed.GetValue(rounds);
            return (alone is null ? bench.Run(count) : bench.Run(alone.Value, count)) ? 0 : 1;
        });
        return verb;
    }

    public static Command CrashChild()
    {
        var folder = Folder("crash");
        var seed = new Option<ulong>("--seed");
        var mode = new Option<CrashMode>("--mode");
        var verb = new Command("crash-child", "The process that is killed.") { folder, seed, mode };
        verb.Hidden = true;
        verb.SetAction(parsed => new CrashChild(
            parsed.GetValue(folder)!, parsed.GetValue(mode), parsed.GetValue(seed)).Run());
        return verb;
    }

    private static Option<string> Folder(string name) => new("--folder")
    {
        Description = "Where the files are made; on the disk that is to be measured.",
        DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "exchange-bench-" + name),
    };
}
