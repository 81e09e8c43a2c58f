using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Harness;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>
/// Runs a scenario on a subject and writes what came out. Each command is an entry of its own, one millisecond after
/// the one before.
/// </summary>
public sealed class ScenarioRunner
{
    private const long Step = 1_000_000;

    private readonly ISubject _subject;
    private readonly EntryBuilder _entries = new();
    private readonly OutputBuffer _events = new();
    private readonly OutputBuffer _results = new();
    private readonly ScenarioWorld _world = new();
    private readonly EventText _text;
    private readonly TraderLines _traders;
    private readonly StaffLines _staff;
    private readonly SortedDictionary<ulong, OrderId> _orders = [];
    private readonly IdentityWords _identities;
    private readonly List<string> _output = [];
    private Command? _last;
    private bool _showsLevels;

    public ScenarioRunner(ISubject subject)
    {
        _subject = subject;
        _text = new EventText(_world);
        _traders = new TraderLines(_world, count => _orders.GetValueOrDefault(count, OrderId.Of(count, 0)));
        _staff = new StaffLines(_world);
        _identities = new IdentityWords(_world);
        foreach (var command in ScenarioWorld.Setup())
        {
            Apply(_entries.Commands([_identities.Stamp(command, Now).By(UserId.Root)], Now));
            Invariant.Check(Result.Code == RejectCode.None);
        }
    }

    private long Now => _entries.Timestamp + Step;

    private CommandResult Result => Results[0];

    private ReadOnlySpan<CommandResult> Results => MemoryMarshal.Cast<byte, CommandResult>(_results.Written);

    /// <summary>The scenario with the output that the subject gave.</summary>
    public ScenarioFile Run(ScenarioFile scenario) => new([.. scenario.Blocks.Select(Run)]);

    private ScenarioBlock Run(ScenarioBlock block)
    {
        _output.Clear();
        foreach (var line in block.Commands)
        {
            if (block.Commands.Count > 1)
            {
                _output.Add($"> {line}");
            }

            RunTimes(line);
        }

        return block with { Output = [.. _output] };
    }

    // times 62 cancel-all alice: only the last one's output is shown.
    private void RunTimes(string line)
    {
        var words = new Words(line);
        if (!words.TakeIf("times"))
        {
            Run(words);
            return;
        }

        var count = (int)words.Number();
        var before = _output.Count;
        for (var i = 0; i < count; i++)
        {
            _output.RemoveRange(before, _output.Count - before);
            Run(new Words(words.Rest));
        }
    }

    private void Run(Words words)
    {
        switch (words.Peek)
        {
            case "book":
                words.Take();
                _output.AddRange(BookText.Lines(_subject.View(), _world, words));
                break;
            case "balances":
                words.Take();
                _output.AddRange(BalanceText.Lines(_subject.View(), _world, words));
                break;
            case "levels":
                _showsLevels = true;
                break;
            case "clock":
                words.Take();
                Apply(_entries.Time(_entries.Timestamp + words.Duration()));
                AddEvents();
                break;
            case "term":
                words.Take();
                _entries.StartTerm();
                Apply(_entries.NoOperation(_entries.Timestamp + words.Duration()));
                AddEvents();
                break;
            case "configuration":
                words.Take();
                Apply(_entries.Configuration(Now, [.. Members(words)]));
                AddEvents();
                break;
            case "together":
                words.Take();
                SendTogether([.. words.Rest.Split(" / ").Select(line => Read(new Words(line)))]);
                break;
            case "all-tiers":
                words.Take();
                SetAllTiers(words);
                break;
            case "repeat":
                Send(_last!.Copy());
                break;
            default:
                Send(Read(words));
                break;
        }
    }

    // all-tiers maker -100 taker 200: a rebate needs every taker rate of the schedule to bear it.
    private void SetAllTiers(Words words)
    {
        words.Expect("maker");
        var maker = (int)words.Number();
        words.Expect("taker");
        var taker = (int)words.Number();
        foreach (var makerNow in new[] { 0, maker })
        {
            for (uint tier = 0; tier <= OpenAccount.TierMax; tier++)
            {
                var command = StaffCommands.SetFees(schedule: 0, tier, makerNow, taker);
                Apply(_entries.Commands([_identities.Stamp(command, Now)], Now));
                Invariant.Check(Result.Code == RejectCode.None);
            }
        }
    }

    private Command Read(Words words)
    {
        var command = _traders.Read(words, Now) ?? _identities.Read(words, Now) ?? _staff.Read(words)
            ?? throw words.Wrong("no command");
        _identities.Stamp(command, Now, words);
        return words.IsEmpty ? command : throw words.Wrong($"'{words.Peek}' is too much");
    }

    private void Send(Command command)
    {
        _last = command;
        Apply(_entries.Commands([command], Now));
        _identities.Observe(command, Result);
        var isStored = Result.Index != _entries.Index;
        if (Result.Code == RejectCode.None && !isStored)
        {
            _staff.Naming?.Invoke();
        }

        var told = AddEvents();
        var isToldRejected = told && Result.Code >= RejectCode.UnknownInstrument;
        if (isStored || !told || (IsAboutOrder(command.Kind) && !isToldRejected))
        {
            AddReply(command.Kind, Result);
        }
    }

    // together alice sells 1 @ 5 / bob buys 1 @ 5: one entry. Numbers of a session must be said: number 7.
    private void SendTogether(Command[] commands)
    {
        Apply(_entries.Commands(commands, Now));
        AddEvents();
        for (var i = 0; i < commands.Length; i++)
        {
            _identities.Observe(commands[i], Results[i]);
            AddReply(commands[i].Kind, Results[i]);
        }
    }

    // configuration 1 voter 2 voter leaving 3 learner incarnation 2
    private static List<ConfiguredMember> Members(Words words)
    {
        List<ConfiguredMember> members = [];
        while (!words.IsEmpty)
        {
            var member = new ConfiguredMember { Number = (uint)words.Number(), Incarnation = 1 };
            member.Roles |= words.TakeIf("voter") ? (byte)1 : (byte)0;
            member.Roles |= words.TakeIf("leaving") ? (byte)2 : (byte)0;
            member.Roles |= words.TakeIf("learner") ? (byte)4 : (byte)0;
            member.Incarnation = words.TakeIf("incarnation") ? (uint)words.Number() : 1;
            members.Add(member);
        }

        return members;
    }

    private void Apply(Entry entry)
    {
        _events.Clear();
        _results.Clear();
        _subject.Apply(entry, _events, _results);
    }

    private bool AddEvents()
    {
        var before = _output.Count;
        var reader = new EventReader(_events.Written);
        while (reader.TryRead(out var happened))
        {
            if (happened.Kind == EventKind.OrderAccepted)
            {
                var id = happened.As<OrderAccepted>().OrderId;
                _orders[id.Count] = id;
            }

            var isShown = happened.Kind switch
            {
                EventKind.BookDelta => _showsLevels,
                EventKind.Administered or EventKind.Checkpoint => false,
                _ => true,
            };
            if (isShown)
            {
                _output.Add(_text.Line(happened));
            }
        }

        Invariant.Check(reader.Error == EventError.None);
        return _output.Count > before;
    }

    private static bool IsAboutOrder(CommandKind kind) =>
        kind is CommandKind.PlaceOrder or CommandKind.ReplaceOrder or CommandKind.TestOrder or CommandKind.FenceCommand;

    private void AddReply(CommandKind kind, CommandResult result)
    {
        var stored = result.Index != _entries.Index ? "stored " : string.Empty;
        if (result.Code is > RejectCode.None and < RejectCode.UnknownInstrument)
        {
            _output.Add($"{stored}refused: {result.Code}");
        }
        else if (result.Code != RejectCode.None)
        {
            _output.Add($"{stored}reply: {result.Code}");
        }
        else if (result.Status == OrderStatus.None)
        {
            var id = result.Id == 0 ? string.Empty : $", id {Name(result.Kind, result.Id)}";
            _output.Add($"{stored}reply: done{id}");
        }
        else
        {
            var traded = result.Executed.Lots == 0
                ? string.Empty
                : $", {result.Executed.Lots} traded for {result.Notional.Units}";
            var open = result.Remaining.Lots == 0 ? string.Empty : $", {result.Remaining.Lots} open";
            var order = result.Id == 0 ? string.Empty : $"{Name(CommandKind.PlaceOrder, result.Id)} ";
            _output.Add($"{stored}reply: {order}{result.Status}{traded}{open}");
        }
    }

    private static string Name(CommandKind kind, ulong id) => kind switch
    {
        <= CommandKind.ReplaceOrder => $"#{new OrderId(id).Count}",
        _ => id.ToString(),
    };
}
