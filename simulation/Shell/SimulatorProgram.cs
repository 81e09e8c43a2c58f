using System.IO;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>The program, without its process: tests call it as a shell would.</summary>
public static class SimulatorProgram
{
    /// <summary>It ran, and nothing is wrong.</summary>
    public const int Done = 0;

    /// <summary>It ran and found something, or a file cannot be used.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Misused = 2;

    private const string Usage =
        """
        usage: dotnet run -c Release --project simulation -- VERB

          run --seed N [--profile P] [--trace] [--html FILE]
              one schedule: its faults, what it counted, its hash and verdict; --html: the run as one page
          fleet [--schedules N | --minutes M | --seconds S] [--jobs J] [--from SEED] [--profile P] [--twice]
                [--results FILE [--slice N] [--resume]] [--json FILE] [--commit C] [--quiet] [--leak L]
              many schedules; --twice runs each again and compares; --results adds a line a slice to a file, and
              --resume begins behind those of this commit; --leak clock, sequence, hashorder or thread plants one
          shrink --seed N | FILE [--profile P] [--out FILE] [--commit C] [--test]
              the smallest plan that fails alike, as FILE.simrepro.json; --test prints it as a test
          mutants [--only NAME,…] [--set S] [--area A] [--schedules N] [--ranges N] [--seconds S] [--jobs J]
                  [--table FILE]
              plants every bug in a copy of the sources and counts, for one after the other, the schedules until a
              checker finds it, in several ranges of seeds
          hunt [--profile P] [--schedules N] [--ranges N] [--seconds S] [--from SEED]
              the schedules until something is found, by range: what mutants runs in its copy
          hashes [--schedules N] [--from SEED]
              a line a seed, its trace hash: equal in every process
          repro FILE [--trace] [--html FILE]
              runs a stored plan
          explain SEED | FILE [--profile P]
              of a failing run: what was found, and the events that it came from, in words
          compare A B [--profile P]
              the first event in which two seeds or stored plans differ
          scenario [NAME] [--trace] [--html FILE]
              a story written by hand; without a name, which there are
          explore [--nodes N] [--terms N] [--entries N] [--crashes N] [--losses N] [--timeouts N] [--states MOST]
              everything that can happen to a small cluster; says whether it got to the end
          check-histories DIR
              judges recorded histories (DIR/histories/*.log) and compares with DIR/verdicts.txt

        Profiles: protocol, exchange, long. A seed is a number, or a commit's hash.

        Exit codes: 0 done, 1 it ran and found something, 2 the command line is wrong.
        """;

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">What stands after the program's name.</param>
    /// <param name="output">Results, and help that was asked for.</param>
    /// <param name="error">What is wrong and what to do next.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        if (arguments is ["--help"] or ["help"])
        {
            output.WriteLine(Usage);
            return Done;
        }

        try
        {
            return arguments switch
            {
                ["check-histories", var folder] => CheckHistoriesVerb.Run(folder, output),
                ["run", ..] => RunVerb.Run(arguments, output),
                ["repro", ..] => RunVerb.Repro(arguments, output),
                ["scenario", ..] => ScenarioVerb.Run(arguments, output),
                ["explore", ..] => ExploreVerb.Run(arguments, output),
                ["explain", ..] => ExplainVerb.Run(arguments, output),
                ["compare", ..] => RunVerb.Compare(arguments, output),
                ["mutants", ..] => MutantsVerb.Run(arguments, output),
                ["hunt", ..] => HuntVerb.Run(arguments, output),
                ["hashes", ..] => HashesVerb.Run(arguments, output),
                ["fleet", ..] => FleetVerb.Run(arguments, output),
                ["shrink", ..] => ShrinkVerb.Run(arguments, output),
                [] => throw new UsageException("a verb is missing"),
                _ => throw new UsageException($"cannot read '{arguments[0]}'"),
            };
        }
        catch (UsageException exception)
        {
            error.WriteLine($"simulation: {exception.Message}");
            error.WriteLine(Usage);
            return Misused;
        }
        catch (Exception exception) when (exception is IOException or FormatException)
        {
            error.WriteLine($"simulation: {exception.Message}");
            return Failed;
        }
    }
}

/// <summary>The command line cannot be followed.</summary>
/// <param name="message">Why.</param>
internal sealed class UsageException(string message) : Exception(message);
