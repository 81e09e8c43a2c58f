using System.Diagnostics;
using System.Globalization;
using System.IO;
using Exchange.Rsm.Simulation.Linearizability;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>
/// Judges recorded histories whose verdicts are known. A checker that cannot reproduce them may not judge the world.
/// </summary>
internal static class CheckHistoriesVerb
{
    public static int Run(string folder, TextWriter output)
    {
        var checker = new LinearizabilityChecker(new RegisterObject());
        var (wrong, slowestMicros, histories) = (0, 0L, 0);
        foreach (var line in File.ReadAllLines(Path.Combine(folder, "verdicts.txt")))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0)
            {
                continue;
            }

            var number = int.Parse(fields[0], CultureInfo.InvariantCulture);
            var path = Path.Combine(folder, "histories", $"etcd_{number:D3}.log");
            var history = RecordedHistory.Read(File.ReadAllLines(path));
            var started = Stopwatch.GetTimestamp();
            var verdict = checker.Check(history);
            slowestMicros = Math.Max(
                slowestMicros, (long)Stopwatch.GetElapsedTime(started).TotalMicroseconds);
            histories++;
            var isRight = verdict.Judgement != HistoryJudgement.TooHard
                && verdict.Judgement == HistoryJudgement.Linearizable == bool.Parse(fields[1]);
            if (!isRight)
            {
                wrong++;
                output.WriteLine($"{path}: {verdict.Judgement}, recorded as {fields[1]}");
            }
        }

        output.WriteLine($"histories={histories} wrong={wrong} slowest_us={slowestMicros}");
        return wrong == 0 && histories > 0 ? SimulatorProgram.Done : SimulatorProgram.Failed;
    }
}
