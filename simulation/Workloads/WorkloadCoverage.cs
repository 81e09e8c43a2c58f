using System.Text;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>How a command ended, as far as coverage tells it apart.</summary>
public enum Outcome
{
    /// <summary>Accepted.</summary>
    Accepted,

    /// <summary>Rejected by a committed decision.</summary>
    Rejected,

    /// <summary>Refused before it could change anything.</summary>
    Refused,

    /// <summary>Answered with a stored reply.</summary>
    Replayed,
}

/// <summary>
/// How often each thing happened that the machine can do. A zero says that a run proved nothing about it.
/// </summary>
public sealed class WorkloadCoverage
{
    private const int Types = 6;
    private const int Lives = 4;
    private const int Modes = 5;

    private readonly long[] _codes = new long[256];
    private readonly long[] _events = new long[64];
    private readonly long[] _kinds = new long[64 * 4];
    private readonly long[] _orders = new long[Types * Lives * 2];
    private readonly long[] _modes = new long[Modes * ModeColumns.Count];
    private readonly long[] _cancels = new long[16];
    private readonly long[] _preventions = new long[8];
    private readonly long[] _timers = new long[8];
    private readonly long[] _modeCauses = new long[8];
    private readonly long[] _referenceCauses = new long[8];
    private readonly long[] _statuses = new long[8];
    private readonly long[] _freezes = new long[4];
    private readonly long[] _situations = new long[Enum.GetValues<Situation>().Length];

    public long Commands { get; private set; }

    public long Entries { get; private set; }

    /// <summary>Commands accepted although a matrix refuses them, in words. Must stay empty.</summary>
    public List<string> Contradictions { get; } = [];

    public void Add(WorkloadCoverage other)
    {
        Commands += other.Commands;
        Entries += other.Entries;
        Contradictions.AddRange(other.Contradictions);
        foreach (var (mine, theirs) in Tables().Zip(other.Tables()))
        {
            for (var i = 0; i < mine.Length; i++)
            {
                mine[i] += theirs[i];
            }
        }
    }

    internal void CountEntry() => Entries++;

    internal void Count(RejectCode code, CommandKind kind, Outcome outcome)
    {
        Commands++;
        _codes[(int)code]++;
        if (CommandRules.Of(kind).Size != 0)
        {
            _kinds[((int)kind * 4) + (int)outcome]++;
        }
    }

    internal void Count(EventKind kind) => _events[(int)kind]++;

    internal void Count(OrderStatus status) => _statuses[(int)status]++;

    internal void Count(OrderType type, TimeInForce life, bool postOnly, bool isAccepted)
    {
        if (isAccepted && !IsAllowed(type, life, postOnly))
        {
            Contradictions.Add($"{type} {life}{(postOnly ? " post-only" : "")} was accepted");
        }

        _orders[(((int)type * Lives) + (int)life) * 2 + (postOnly ? 1 : 0)]++;
    }

    internal void Count(SymbolMode mode, int column, RejectCode code)
    {
        var expected = ModeColumns.Refusal(mode, column);
        if (code == RejectCode.None && expected != RejectCode.None)
        {
            Contradictions.Add($"{ModeColumns.Names[column]} was accepted in {mode}");
        }

        if (code == expected)
        {
            _modes[((int)mode * ModeColumns.Count) + column]++;
        }
    }

    internal void Count(CancelReason reason) => _cancels[(int)reason]++;

    internal void Count(SelfTradePrevention prevention) => _preventions[(int)prevention]++;

    internal void Count(TimerKind timer) => _timers[(int)timer]++;

    internal void CountMode(ChangeCause cause) => _modeCauses[(int)cause]++;

    internal void CountReference(ChangeCause cause) => _referenceCauses[(int)cause]++;

    internal void Count(AccountFreeze freeze) => _freezes[(int)freeze]++;

    internal void Count(Situation situation) => _situations[(int)situation]++;

    /// <summary>Everything that can happen, with how often it did.</summary>
    public IEnumerable<(string Group, string Name, long Count)> Rows()
    {
        foreach (var code in Enum.GetValues<RejectCode>())
        {
            yield return ("code", code.ToString(), _codes[(int)code]);
        }

        foreach (var kind in Enum.GetValues<EventKind>().Where(kind => kind > EventKind.Cause))
        {
            yield return ("event", kind.ToString(), _events[(int)kind]);
        }

        foreach (var row in KindRows().Concat(OrderRows()).Concat(ModeRows()))
        {
            yield return row;
        }

        foreach (var row in Named("cancel", _cancels, CancelReason.User)
            .Concat(Named("prevention", _preventions, SelfTradePrevention.None))
            .Concat(Named("timer", _timers, TimerKind.OrderExpiry))
            .Concat(Named("mode changed by", _modeCauses, ChangeCause.Operator, ChangeCause.Trade))
            .Concat(Named("mode changed by", _modeCauses, ChangeCause.Unfinished))
            .Concat(Named("status", _statuses, OrderStatus.None))
            .Concat(Named("freeze", _freezes, AccountFreeze.None))
            .Concat(Named("situation", _situations, Situation.TriggerCascade)))
        {
            yield return row;
        }

        yield return ("reference changed by", "Operator", _referenceCauses[(int)ChangeCause.Operator]);
        yield return ("reference changed by", "Trade", _referenceCauses[(int)ChangeCause.Trade]);
    }

    /// <summary>What never happened, although it can.</summary>
    public IEnumerable<string> Zeros() => Rows().Where(row => row.Count == 0).Select(row => $"{row.Group}: {row.Name}");

    /// <summary>The table, one group a paragraph.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append($"{Commands} commands in {Entries} entries\n");
        foreach (var group in Rows().GroupBy(row => row.Group))
        {
            text.Append($"\n{group.Key}\n");
            foreach (var (_, name, count) in group)
            {
                text.Append($"  {count,12}  {name}\n");
            }
        }

        return text.ToString();
    }

    private IEnumerable<(string Group, string Name, long Count)> KindRows()
    {
        foreach (var kind in CommandRules.Kinds.ToArray())
        {
            foreach (var outcome in Enum.GetValues<Outcome>())
            {
                if (CanEnd(kind, outcome))
                {
                    yield return ("command", $"{kind} {outcome}", _kinds[((int)kind * 4) + (int)outcome]);
                }
            }
        }
    }

    // What has no identity of its own has no stored reply; a fence answers with its target's. No build can apply a
    // second behaviour version yet: one that accepted it would stop.
    private static bool CanEnd(CommandKind kind, Outcome outcome) => outcome switch
    {
        Outcome.Replayed => CommandRules.Of(kind).NeedsIdentity || kind == CommandKind.FenceCommand,
        Outcome.Accepted => kind is not (CommandKind.FenceCommand or CommandKind.RaiseBehaviour),
        Outcome.Rejected => kind != CommandKind.FenceCommand,
        _ => true,
    };

    private IEnumerable<(string Group, string Name, long Count)> OrderRows()
    {
        for (var i = 0; i < _orders.Length; i++)
        {
            var type = (OrderType)(i / 2 / Lives);
            var life = (TimeInForce)(i / 2 % Lives);
            var postOnly = i % 2 == 1;
            var verdict = IsAllowed(type, life, postOnly) ? "accepted" : "rejected";
            yield return ("type and life", $"{type} {life}{(postOnly ? " post-only" : "")} {verdict}", _orders[i]);
        }
    }

    private IEnumerable<(string Group, string Name, long Count)> ModeRows()
    {
        for (var i = 0; i < _modes.Length; i++)
        {
            var mode = (SymbolMode)(i / ModeColumns.Count);
            var column = i % ModeColumns.Count;
            var refusal = ModeColumns.Refusal(mode, column);
            var verdict = refusal == RejectCode.None ? "accepted" : refusal.ToString();
            yield return ("mode and command", $"{mode} {ModeColumns.Names[column]} {verdict}", _modes[i]);
        }
    }

    private static IEnumerable<(string Group, string Name, long Count)> Named<T>(
        string group, long[] counts, T first, T? last = null)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            var isIn = value.CompareTo(first) >= 0 && (last is null || value.CompareTo(last) < 0);
            if (isIn)
            {
                yield return (group, value.ToString(), counts[Convert.ToInt32(value)]);
            }
        }
    }

    private static bool IsAllowed(OrderType type, TimeInForce life, bool postOnly) =>
        OrderRules.Allows(type, life) && (!postOnly || OrderRules.MayRest(type, life));

    private IEnumerable<long[]> Tables() =>
    [
        _codes, _events, _kinds, _orders, _modes, _cancels, _preventions, _timers, _modeCauses, _referenceCauses,
        _statuses, _freezes, _situations,
    ];
}
