using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Report;

/// <summary>A failure in words: what was found, then what led to it, event by event.</summary>
internal static class Explanation
{
    /// <summary>Most events told; earlier ones are counted.</summary>
    private const int StepsMax = 48;

    public static IReadOnlyList<string> Of(Story story, CausalSlice slice)
    {
        List<string> words = [];
        if (story.Failure is { } failure)
        {
            var place = failure.Node < 0 ? "" : $"node {failure.Node}"
                + (failure.Index > 0 ? $", index {failure.Index}" : "") + ": ";
            words.Add($"What must hold: {failure.Checker}.");
            words.Add($"What was seen: {place}{failure.Text}.");
        }

        List<StoryStep> told = [.. slice.Steps.Select(number => story.Steps[number]).Where(IsWorthTelling)];
        words.Add($"It came from {slice.Steps.Count} of {story.Steps.Count} events:");
        if (told.Count > StepsMax)
        {
            words.Add($"… {told.Count - StepsMax} earlier ones, up to {PlanWords.Duration(told[^StepsMax].At)}");
        }

        words.AddRange(told.Skip(told.Count - StepsMax).Select(step => SentenceOf(story, slice, step)));
        return words;
    }

    // What only a clock or a disk did, and no node changed its mind: true, and of no use to a reader.
    private static bool IsWorthTelling(StoryStep step) =>
        step.Kind != WorldEventKind.None && (step.Notes.Count > 0 || step.Changes.Count > 0 || step.Message >= 0);

    private static string SentenceOf(Story story, CausalSlice slice, StoryStep step)
    {
        var place = step.Lane < 0 ? "world" : step.Lane < story.Nodes ? $"node {step.Lane}"
            : $"client {step.Lane - story.Nodes}";
        List<string> parts = [];
        if (step.Message >= 0)
        {
            var message = story.Messages[step.Message];
            parts.Add($"{step.Label}, sent at {PlanWords.Duration(message.SentAt)}: {message.Sent.Says}");
        }
        else
        {
            parts.Add(step.Label);
        }

        parts.AddRange(step.Notes.Select(note =>
            note.Node == step.Lane || step.Lane >= story.Nodes ? note.Words : $"node {note.Node} {note.Words}"));
        foreach (var change in step.Changes.Where(change => IsToldOf(story.Fields[change.Field])))
        {
            var whose = change.Node == step.Lane ? "" : $"node {change.Node} ";
            parts.Add($"{whose}{story.Fields[change.Field]} = {change.Value}");
        }

        var carried = Enumerable.Range(0, story.Messages.Count)
            .Where(place => story.Messages[place].SentStep == step.Number && slice.Carries(place))
            .Select(place => story.Messages[place].Sent);
        parts.AddRange(carried.Select(sent => $"sends {sent.Kind} to {StoryWords.EndpointOf(sent.To)}"));
        return $"#{step.Number,-5} {PlanWords.Duration(step.At),12}  {place,-8}  {string.Join("; ", parts)}";
    }

    private static bool IsToldOf(string field) => field is "vote" or "log" or "durable log" or "durable vote"
        or "snapshot" or "members" or "faults" or "registers";
}
