using System.IO;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>`hashes`: the trace hash of each seed, to compare processes, machines and commits.</summary>
internal static class HashesVerb
{
    public static int Run(IReadOnlyList<string> arguments, TextWriter output)
    {
        var options = RunOptions.Read(arguments, ["schedules", "from", "profile"], []);
        var from = options.Has("from") ? options.Seed("from") : 1;
        var world = Worlds.Make(options.Profile);
        var generator = new PlanGenerator();
        for (var i = 0UL; i < (ulong)options.Number("schedules", 1000); i++)
        {
            var report = world.Run(generator.Generate(from + i, options.Profile), keepsLines: false);
            output.WriteLine($"{from + i} {report.TraceHash:x16}");
        }

        return SimulatorProgram.Done;
    }
}
