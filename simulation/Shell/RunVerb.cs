using System.IO;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>`run`, `repro` and `compare`: single schedules.</summary>
internal static class RunVerb
{
    public const string Program = "dotnet run -c Release --project simulation --";

    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["seed", "profile", "html"], ["trace"]);
        var seed = options.Seed("seed");
        var plan = new PlanGenerator().Generate(seed, options.Profile);
        var repeat = $"{Program} run --seed {seed} --profile {NameOf(options.Profile)}";
        WritePage(options, plan, repeat, output);
        return Show(plan, options.Has("trace"), repeat, output);
    }

    public static int Repro(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["html"], ["trace"]);
        var file = OneFile(options, "repro");
        var stored = PlanText.Parse(File.ReadAllText(file));
        WritePage(options, stored.Plan, $"{Program} repro {file}", output);
        var code = Show(stored.Plan, options.Has("trace"), $"{Program} repro {file}", output);
        output.WriteLine($"expected_fingerprint={stored.Fingerprint}");
        return code;
    }

    public static int Compare(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["profile"], []);
        if (options.Files.Count != 2)
        {
            throw new UsageException("compare takes two seeds or files");
        }

        var left = LinesOf(options.Files[0], options.Profile);
        var right = LinesOf(options.Files[1], options.Profile);
        var place = Trace.FirstDifference(left, right);
        output.WriteLine($"lines={left.Count},{right.Count} first_difference={place}");
        if (place >= 0)
        {
            output.WriteLine($"  first:  {(place < left.Count ? TraceWords.Of(left[place]) : "ended")}");
            output.WriteLine($"  second: {(place < right.Count ? TraceWords.Of(right[place]) : "ended")}");
        }

        return place < 0 ? SimulatorProgram.Done : SimulatorProgram.Failed;
    }

    public static string NameOf(Profile profile) => profile switch
    {
        Profile.Protocol => "protocol",
        Profile.Exchange => "exchange",
        _ => "long",
    };

    public static string OneFile(RunOptions options, string verb) =>
        options.Files.Count == 1 ? options.Files[0] : throw new UsageException($"{verb} takes one file");

    /// <summary>A plan by its seed, or from a file.</summary>
    public static Plan PlanOf(string name, Profile profile) =>
        File.Exists(name)
            ? PlanText.Parse(File.ReadAllText(name)).Plan
            : ulong.TryParse(name, out var seed)
                ? new PlanGenerator().Generate(seed, profile)
                : throw new UsageException($"'{name}' is neither a file nor a seed");

    public static void WritePage(RunOptions options, Plan plan, string repeat, TextWriter output)
    {
        if (options.Get("html") is { } path)
        {
            ReportPage.Write(plan, repeat, path, output);
        }
    }

    private static List<TraceLine> LinesOf(string name, Profile profile)
    {
        var plan = PlanOf(name, profile);
        return [.. Worlds.Make(plan.Profile).Run(plan, keepsLines: true).Lines];
    }

    public static int Show(Plan plan, bool isTraced, string repeat, TextWriter output)
    {
        var report = Worlds.Make(plan.Profile).Run(plan, isTraced);
        foreach (var line in report.Lines)
        {
            output.WriteLine(TraceWords.Of(line));
        }

        for (var place = 0; place < Knobs.Count; place++)
        {
            if (plan.Knobs[(Knob)place] != Knobs.Plain[(Knob)place])
            {
                output.WriteLine($"knob {(Knob)place}={plan.Knobs[(Knob)place]}");
            }
        }

        foreach (var item in plan.Items.Where(item => !item.IsOperation))
        {
            output.WriteLine(PlanWords.Of(item));
        }

        WriteNumbers(report, output);
        if (report.Failure is { } failure)
        {
            FailureScreen.Write(output, plan, failure, repeat);
            return SimulatorProgram.Failed;
        }

        output.WriteLine("verdict=passed");
        return SimulatorProgram.Done;
    }

    private static void WriteNumbers(RunReport report, TextWriter output)
    {
        foreach (var kind in FaultCounts.All.Where(kind => report.Faults[kind] > 0))
        {
            output.WriteLine($"fault {kind}={report.Faults[kind]}");
        }

        output.WriteLine(
            $"elections={report.Elections} restarts={report.Restarts} snapshots={report.Snapshots} "
            + $"installed={report.Installed} committed={report.Committed}");
        output.WriteLine(
            $"operations_done={report.OperationsDone} operations_unknown={report.OperationsUnknown} "
            + $"refusals={report.Refusals} marks={report.Marks.Count}");
        output.WriteLine($"simulated={PlanWords.Duration(report.Nanos)} events={report.Events}");
        output.WriteLine($"trace_hash={report.TraceHash:x16}");
    }
}
