using System.IO;
using Exchange.Rsm.Simulation.Checkers;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>What is said of a failing run: one screen, with the line that repeats it.</summary>
internal static class FailureScreen
{
    private const int ItemsMax = 24;

    public static void Write(TextWriter output, Plan plan, Failure failure, string repeat)
    {
        output.WriteLine($"FAILED {failure.Checker}");
        output.WriteLine($"  {failure.Text}");
        foreach (var line in failure.Stack.Split('\n').Where(line => line.Length > 0).Take(6))
        {
            output.WriteLine(line.TrimEnd());
        }

        var index = failure.Index > 0 ? $", index {failure.Index}" : "";
        var node = failure.Node >= 0 ? $"node {failure.Node}{index}, " : "";
        output.WriteLine($"  {node}event {failure.Event}, at {PlanWords.Duration(failure.At)}");
        List<PlanItem> faults = [.. plan.Items.Where(item => !item.IsOperation)];
        var operations = plan.Items.Count - faults.Count;
        output.WriteLine(
            $"  {plan.Knobs[Knob.Nodes]} nodes, {operations} operations, {faults.Count} faults and operators' steps:");
        foreach (var item in faults.Take(ItemsMax))
        {
            output.WriteLine("  " + PlanWords.Of(item));
        }

        if (faults.Count > ItemsMax)
        {
            output.WriteLine($"  … and {faults.Count - ItemsMax} more");
        }

        output.WriteLine($"repeat: {repeat}");
    }
}
