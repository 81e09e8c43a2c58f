using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Linearizability;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Report;

namespace Exchange.Rsm.Simulation.Tests.Report;

public sealed class StoryTests
{
    private static readonly Plan _plan = new PlanGenerator().Generate(7, Profile.Protocol);

    [Fact]
    public void Being_watched_changes_nothing_of_a_run()
    {
        var unwatched = new ProtocolWorld().Run(_plan, keepsLines: false).TraceHash;
        Assert.Equal(unwatched, RunRecorder.Record(new ProtocolWorld(), _plan).Report.TraceHash);
    }

    [Fact]
    public void A_story_holds_every_event_and_what_became_of_every_message()
    {
        var (story, report) = RunRecorder.Record(new ProtocolWorld(), _plan);
        Assert.Equal(report.Lines.Count(line => line.Kind == TraceKind.EventTaken) + 1, story.Steps.Count);
        Assert.Equal(
            report.Lines.Count(line => line.Kind is TraceKind.MessageSent or TraceKind.MessageLost),
            story.Messages.Count(one => !one.IsCopy && one.Sent.From < story.Nodes && one.Sent.To < story.Nodes));
        foreach (var message in story.Messages.Where(message => message.ArrivedStep >= 0))
        {
            var arrival = story.Steps[message.ArrivedStep];
            Assert.True(message.ArrivedStep > message.SentStep);
            Assert.True(arrival.At >= message.ArrivesAt && message.ArrivesAt > 0);
            Assert.Equal(story.Messages[arrival.Message], message);
        }

        Assert.Equal(
            story.Steps.Count(step => step.Kind is WorldEventKind.Arrival or WorldEventKind.Request
                or WorldEventKind.Answer),
            story.Messages.Count(message => message.ArrivedStep >= 0));
        Assert.Contains(story.Works, work => work.DoneStep >= 0);
    }

    [Fact]
    public void A_slice_ends_at_the_failure_and_holds_the_causes_of_all_it_holds()
    {
        var (story, _) = Failing.Recorded(PlantedBug.VoteForgotten);
        var slice = CausalSlice.Of(story);
        Assert.Equal(story.Steps.Count - 1, slice.Steps[^1]);
        Assert.True(slice.Steps.Count < story.Steps.Count, "a slice of everything explains nothing");
        foreach (var step in slice.Steps.Select(number => story.Steps[number]))
        {
            Assert.True(step.Message < 0 || slice.Has(story.Messages[step.Message].SentStep));
            Assert.True(step.Work < 0 || slice.Has(story.Works[step.Work].Step));
        }
    }

    [Fact]
    public void What_is_not_linearizable_fails_where_the_answer_came_that_fits_nothing()
    {
        var (story, report) = Failing.Recorded(PlantedBug.WrongRegisterRead);
        Assert.Equal("linearizable", report.Failure!.Checker);
        var stuck = story.History.Operations[story.History.Stuck];
        Assert.Equal(HistoryJudgement.Violated, story.History.Judgement);
        Assert.Equal(-1, story.History.Place[story.History.Stuck]);
        Assert.Equal(stuck.Returned, story.Steps[story.FailureStep].At);
        Assert.Equal(story.Nodes + stuck.Client, story.Steps[story.FailureStep].Lane);
    }

    [Fact]
    public void An_explanation_names_the_checker_and_ends_with_the_event_of_the_failure()
    {
        var (story, report) = Failing.Recorded(PlantedBug.VoteForgotten);
        var words = Explanation.Of(story, CausalSlice.Of(story));
        Assert.Contains(report.Failure!.Checker, words[0], StringComparison.Ordinal);
        Assert.StartsWith($"#{story.Steps.Count - 1}", words[^1], StringComparison.Ordinal);
    }
}
