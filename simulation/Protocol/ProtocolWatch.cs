using System.Text;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Linearizability;
using Exchange.Rsm.Simulation.Network;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>Puts what happens in a protocol world into words for whoever watches it.</summary>
internal sealed class ProtocolWatch(ProtocolContext context, IRunWatch watch)
{
    private static readonly string[] _fields =
    [
        "role", "term", "vote", "leader", "commit", "applied", "log", "durable log", "durable term", "durable vote",
        "snapshot", "members", "reads waiting", "faults", "registers", "start", "disk",
    ];

    private readonly string[] _values = new string[_fields.Length];
    private readonly StringBuilder _text = new();

    public void Begins() => watch.Begins(
        context.Plan, context.NodeCount, context.Knobs.AsInt(Knob.Clients), _fields);

    public void Takes(in WorldEvent due) => watch.Takes(in due);

    /// <summary>A message between nodes.</summary>
    public void Sends(int from, int to, ulong identity, in PeerMessage header, in MessageFate fate) =>
        watch.Sends(new SentMessage
        {
            From = from,
            To = to,
            Identity = identity,
            Kind = header.Kind == PeerMessageKind.AppendEntries && header.EntryCount == 0
                ? "Heartbeat" : header.Kind.ToString(),
            Says = WordsOf(in header),
            Arrival = fate.Arrival,
            CopyArrival = fate.CopyArrival,
            IsFlipped = fate.FlippedBit >= 0,
        });

    /// <summary>A request of a client or an answer to it.</summary>
    public void Sends(int from, int to, ulong identity, string kind, string says, in MessageFate fate) =>
        watch.Sends(new SentMessage
        {
            From = from,
            To = to,
            Identity = identity,
            Kind = kind,
            Says = says,
            Arrival = fate.Arrival,
            CopyArrival = fate.CopyArrival,
            IsFlipped = false,
        });

    public void Works(ProtocolNode node, ulong identity, string says, long doneAt) =>
        watch.Works(node.Number, identity, says, doneAt);

    /// <summary>After an event: how do all nodes stand?</summary>
    public void Looks()
    {
        foreach (var node in context.Nodes)
        {
            Describe(node);
            watch.Stands(node.Number, _values);
        }
    }

    public void Ends(IReadOnlyList<HistoryOperation> history) =>
        watch.Ends(history, [.. history.Select(one => WordsOf(in one))], new RegisterObject());

    /// <summary>An operation in words.</summary>
    public static string WordsOf(in HistoryOperation one)
    {
        var what = one.Kind switch
        {
            RegisterObject.Read => "read",
            RegisterObject.Write => $"write {ValueOf(one.First)}",
            _ => $"compare {ValueOf(one.First)}, set {ValueOf(one.Second)}",
        };
        var answer = one.IsPending ? "no answer" : one.Kind == RegisterObject.Read ? ValueOf(one.Answer)
            : one.Kind == RegisterObject.Write ? "done" : one.Answer == 1 ? "set" : "not set";
        return $"{what} → {answer}";
    }

    /// <summary>A request in words.</summary>
    public static string WordsOf(PlanItem item) => item.Kind switch
    {
        PlanItemKind.Read => $"read k{item.Peers}",
        PlanItemKind.Write => $"write k{item.Peers} = {item.Value}",
        _ => $"compare k{item.Peers} with {item.Second}, set {item.Value}",
    };

    public static string ValueOf(long value) => value == RegisterObject.Nothing ? "nothing" : $"{value}";

    private void Describe(ProtocolNode node)
    {
        var status = node.Raft?.Status;
        var durable = node.Log.Durable;
        _values[0] = status is null ? "Down" : node.PausedUntil > context.Now ? $"{status.Value.Role}, paused"
            : status.Value.Role.ToString();
        _values[1] = $"{status?.Term ?? durable.HardState.Term}";
        _values[2] = NameOf(node.Log.Issued.HardState.VotedFor);
        _values[3] = status is null ? "–" : NameOf(status.Value.Leader);
        _values[4] = $"{status?.CommitIndex ?? 0}";
        _values[5] = $"{node.Machine.AppliedIndex}";
        _values[6] = RunsOf(node.Log.Issued);
        _values[7] = RunsOf(durable);
        _values[8] = $"{durable.HardState.Term}";
        _values[9] = NameOf(durable.HardState.VotedFor);
        _values[10] = node.Snapshots.Newest is { } newest
            ? $"up to {newest.Point!.Point.Index}, term {newest.Point.Point.Term}" : "–";
        _values[11] = node.Raft is { } raft ? MembersOf(raft.Configuration) : "–";
        _values[12] = $"{node.Reads.Count}";
        _values[13] = status is null ? "–" : status.Value.Faults.ToString();
        _values[14] = string.Join("  ", Enumerable.Range(0, context.Knobs.AsInt(Knob.Keys))
            .Select(key => $"k{key}={ValueOf(node.Machine.Value(key))}"));
        _values[15] = $"{node.Boot}";
        _values[16] = node.HasDiskFailed ? "failed" : node.StalledUntil > context.Now ? "stalled"
            : node.SlowUntil > context.Now ? "slow" : "well";
    }

    // "1–4 in term 1, 5–9 in term 3": a log is told by where its terms change.
    private string RunsOf(LogImage log)
    {
        _text.Clear();
        if (log.Base.Index > 0)
        {
            _text.Append($"…{log.Base.Index} t{log.Base.Term}");
        }

        for (var index = log.First; index <= log.Last;)
        {
            var first = index;
            var term = log.TermAt(index);
            while (index <= log.Last && log.TermAt(index) == term)
            {
                index++;
            }

            _text.Append(_text.Length > 0 ? " · " : "");
            _text.Append(first == index - 1 ? $"{first} t{term}" : $"{first}–{index - 1} t{term}");
        }

        return _text.Length == 0 ? "empty" : _text.ToString();
    }

    private static string MembersOf(Configuration members)
    {
        List<string> words = [];
        foreach (var member in members.Members)
        {
            var role = member.Roles == MemberRoles.Voter ? "" : $" ({member.Roles})";
            words.Add(NameOf(member.Id) + role);
        }

        return words.Count == 0 ? "none" : string.Join(", ", words);
    }

    // Nodes count from zero, members from one: a report names nodes.
    private static string NameOf(MemberId id) =>
        id.IsNone ? "–"
        : id.Incarnation <= 1 ? $"node {id.Number - 1}"
        : $"node {id.Number - 1} (disk {id.Incarnation})";

    private static string WordsOf(in PeerMessage header)
    {
        var words = header.Kind switch
        {
            PeerMessageKind.AppendEntries when header.EntryCount == 0 => $"behind {header.Index} t{header.LogTerm}",
            PeerMessageKind.AppendEntries => $"entries {header.Index + 1}–{header.Index + header.EntryCount}"
                + $" behind {header.Index} t{header.LogTerm}",
            PeerMessageKind.AppendAnswer when header.Reason == AnswerReason.None => $"has up to {header.Index}",
            PeerMessageKind.AppendAnswer => $"nothing taken behind {header.Index}, look at {header.HintIndex}",
            PeerMessageKind.PreVote or PeerMessageKind.RequestVote => $"log ends at {header.Index} t{header.LogTerm}",
            PeerMessageKind.InstallSnapshot =>
                $"snapshot at {header.Index}, bytes from {header.Offset} of {header.Length}",
            PeerMessageKind.SnapshotAnswer => $"snapshot at {header.Index}, stored up to {header.Offset}",
            PeerMessageKind.RecallAnswer => $"saw term {header.HintTerm}, acknowledged {header.HintIndex}",
            PeerMessageKind.RepairQuery => $"entries {header.Index}–{header.HintIndex}",
            _ => header.Index > 0 ? $"index {header.Index}" : "",
        };
        var granted = header.Flags.HasFlag(MessageFlags.Granted) ? ", granted" : "";
        var reason = header.Reason == AnswerReason.None ? "" : $", {header.Reason}";
        var commit = header.Kind == PeerMessageKind.AppendEntries ? $", commit {header.CommitIndex}" : "";
        return $"term {header.Term}{(words.Length > 0 ? ", " : "")}{words}{commit}{granted}{reason}";
    }
}
