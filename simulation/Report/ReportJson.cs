using System.Buffers;
using System.Text;
using System.Text.Json;
using Exchange.Rsm.Simulation.Linearizability;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Report;

/// <summary>
/// A story as the page reads it: columns of numbers, texts by their place in one table, times in microseconds. So ten
/// thousand events stay below a megabyte. The encoder escapes what would end a script element.
/// </summary>
internal sealed class ReportJson : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _writer;
    private readonly Dictionary<string, int> _places = [];
    private readonly List<string> _texts = [];

    private ReportJson() => _writer = new Utf8JsonWriter(_bytes);

    public static string Of(
        Story story, CausalSlice slice, RunReport report, string repeat, IReadOnlyList<string> words)
    {
        using var json = new ReportJson();
        json.Write(story, slice, report, repeat, words);
        return Encoding.UTF8.GetString(json._bytes.WrittenSpan);
    }

    public void Dispose() => _writer.Dispose();

    private void Write(Story story, CausalSlice slice, RunReport report, string repeat, IReadOnlyList<string> words)
    {
        _writer.WriteStartObject();
        WriteHead(story, report, repeat, words);
        WriteSteps(story);
        WriteMessages(story);
        Numbers("works", story.Works.SelectMany(work => new[]
        {
            work.Node, Micros(work.From), Micros(work.Until), Text(work.Says), work.Step, work.DoneStep,
        }));
        Numbers("bands", story.Bands.SelectMany(band => new[]
        {
            band.Nodes, Micros(band.From), Micros(band.Until), Text(band.Kind), Text(band.Words),
        }));
        Numbers("sliceSteps", slice.Steps);
        Numbers("sliceMessages", slice.Messages);
        WriteHistory(story.History);
        _writer.WriteStartArray("texts");
        foreach (var text in _texts)
        {
            _writer.WriteStringValue(text);
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
        _writer.Flush();
    }

    private void WriteHead(Story story, RunReport report, string repeat, IReadOnlyList<string> words)
    {
        _writer.WriteString("seed", story.Plan.Seed.ToString());
        _writer.WriteString("profile", story.Plan.Profile.ToString());
        _writer.WriteString("repeat", repeat);
        _writer.WriteString("hash", report.TraceHash.ToString("x16"));
        _writer.WriteNumber("nodes", story.Nodes);
        _writer.WriteNumber("clients", story.Clients);
        if (story.Failure is { } failure)
        {
            _writer.WriteStartObject("failure");
            _writer.WriteString("checker", failure.Checker);
            _writer.WriteString("text", failure.Text);
            _writer.WriteNumber("node", failure.Node);
            _writer.WriteNumber("index", failure.Index);
            _writer.WriteNumber("step", story.FailureStep);
            _writer.WriteEndObject();
        }

        Texts("fields", story.Fields);
        Texts("words", words);
        Texts("numbers",
        [
            $"{PlanWords.Duration(report.Nanos)}", "simulated",
            $"{report.Events}", "events",
            $"{report.Elections}", "elections",
            $"{report.Committed}", "committed",
            $"{report.Snapshots}", "snapshots",
            $"{report.Restarts}", "restarts",
            $"{report.Faults.Total}", "faults struck",
            $"{report.OperationsDone}", "operations done",
        ]);
        List<string> knobs = [];
        for (var place = 0; place < Knobs.Count; place++)
        {
            if (story.Plan.Knobs[(Knob)place] != Knobs.Plain[(Knob)place])
            {
                knobs.Add($"{(Knob)place} = {story.Plan.Knobs[(Knob)place]}");
            }
        }

        Texts("knobs", knobs);
        List<PlanItem> items = [.. story.Plan.Items.Where(item => !item.IsOperation)];
        Texts("plan", items.Select(StoryWords.WithoutTime));
        Numbers("planAt", items.Select(item => Micros(item.At)));
    }

    private void WriteSteps(Story story)
    {
        var before = 0;
        Numbers("stepAt", story.Steps.Select(step =>
        {
            var passed = Micros(step.At) - before;
            before += passed;
            return passed;
        }));
        Numbers("stepKind", story.Steps.Select(step => (int)step.Kind));
        Numbers("stepLane", story.Steps.Select(step => step.Lane));
        Numbers("stepLabel", story.Steps.Select(step => Text(step.Label)));
        Numbers("stepMessage", story.Steps.Select(step => step.Message));
        Numbers("stepWork", story.Steps.Select(step => step.Work));
        Numbers("notes", story.Steps.SelectMany(step => step.Notes.SelectMany(note => new[]
        {
            step.Number, note.Node, Text(note.Words), note.IsFault ? 1 : 0,
        })));
        Numbers("changes", story.Steps.SelectMany(step => step.Changes.SelectMany(change => new[]
        {
            step.Number, change.Node, change.Field, Text(change.Value),
        })));
    }

    private void WriteMessages(Story story)
    {
        var messages = story.Messages;
        Numbers("from", messages.Select(one => Lane(story, one.Sent.From)));
        Numbers("to", messages.Select(one => Lane(story, one.Sent.To)));
        Numbers("kind", messages.Select(one => Text(one.Sent.Kind)));
        Numbers("says", messages.Select(one => Text(one.Sent.Says)));
        Numbers("sentStep", messages.Select(one => one.SentStep));
        Numbers("arrives", messages.Select(one => one.ArrivesAt < 0 ? -1 : Micros(one.ArrivesAt)));
        Numbers("arrivedStep", messages.Select(one => one.ArrivedStep));
        Numbers("marks", messages.Select(one =>
            (one.IsCopy ? 1 : 0) | (one.Sent.IsFlipped ? 2 : 0) | (one.ArrivesAt < 0 ? 4 : 0)));
    }

    private void WriteHistory(StoryHistory history)
    {
        _writer.WriteNumber("stuck", history.Stuck);
        _writer.WriteString("judgement", history.Judgement switch
        {
            HistoryJudgement.Linearizable => "linearizable",
            HistoryJudgement.Violated => "not linearizable",
            _ => "too hard to judge",
        });
        Numbers("operations", history.Operations.SelectMany((one, place) => new[]
        {
            one.Client, (int)one.Object, Micros(one.Called), one.IsPending ? -1 : Micros(one.Returned),
            Text(history.Words[place]), history.Place[place],
        }));
    }

    private static int Lane(Story story, int endpoint) =>
        endpoint >= IRunWatch.ClientEndpoint ? story.Nodes + endpoint - IRunWatch.ClientEndpoint : endpoint;

    private static int Micros(long nanos) => (int)(nanos / 1000);

    private int Text(string text)
    {
        if (!_places.TryGetValue(text, out var place))
        {
            place = _texts.Count;
            _places[text] = place;
            _texts.Add(text);
        }

        return place;
    }

    private void Numbers(string name, IEnumerable<int> numbers)
    {
        _writer.WriteStartArray(name);
        foreach (var number in numbers)
        {
            _writer.WriteNumberValue(number);
        }

        _writer.WriteEndArray();
    }

    private void Texts(string name, IEnumerable<string> texts)
    {
        _writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            _writer.WriteStringValue(text);
        }

        _writer.WriteEndArray();
    }
}
