using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Replica.Admin;
using Exchange.Rsm.Hosts.Replica.Core;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>The parts of a member that count something.</summary>
internal sealed record MemberParts(
    CoreThread Core,
    ClientDesk Desk,
    CommandQueue Queue,
    PendingCommands Pending,
    PendingReads Reads,
    Answers Answers,
    Doorkeeper Doorkeeper,
    CoreOutput Output,
    PeerLetters Letters,
    DiskHeadroom Headroom,
    FileDisk Disk);

/// <summary>What a member counts, as metrics.</summary>
internal static class MemberFigures
{
    public static void Write(MetricsText text, MemberParts parts)
    {
        WriteQueues(text, parts);
        WriteWork(text, parts);
        WriteRefusals(text, parts);
        text.Gauge("exchange_disk_free_bytes", "Free bytes under the log.", parts.Headroom.FreeBytes);
        text.Gauge(
            "exchange_disk_is_low", "1 where nothing new is taken for want of room.", parts.Headroom.IsLow ? 1 : 0);
        text.Gauge(
            "exchange_disk_write_age_seconds", "How long the write at work has been at work.",
            parts.Disk.WriteAge.TotalSeconds);
        text.Histogram("exchange_wal_write_seconds", "Durable writes of the log.", parts.Disk.WriteTimes);
        text.Histogram("exchange_core_turn_seconds", "Turns of the core's thread.", parts.Core.TurnTimes);
    }

    private static void WriteQueues(MetricsText text, MemberParts parts)
    {
        const string Name = "exchange_queue_length";
        const string Help = "What waits, by queue.";
        text.Gauge(Name, Help, parts.Core.Inboxes.Letters.Count, "queue=\"peer-messages\"");
        text.Gauge(Name, Help, parts.Core.Inboxes.Requests.Count, "queue=\"client-requests\"");
        text.Gauge(Name, Help, parts.Core.Inboxes.Orders.Count, "queue=\"orders\"");
        text.Gauge(Name, Help, parts.Queue.Commands, "queue=\"commands\"");
        text.Gauge(Name, Help, parts.Pending.Submissions, "queue=\"submissions-under-way\"");
        text.Gauge(Name, Help, parts.Pending.Entries, "queue=\"entries-under-way\"");
        text.Gauge(Name, Help, parts.Reads.Count, "queue=\"reads\"");
        text.Gauge("exchange_queue_bytes", "Bytes of commands that wait.", parts.Queue.Bytes);
        text.Gauge("exchange_queue_users", "Users with commands that wait.", parts.Queue.Users);
        text.Gauge("exchange_clients", "Clients that said who they are.", parts.Desk.Channels.Count);
    }

    private static void WriteWork(MetricsText text, MemberParts parts)
    {
        text.Counter("exchange_core_turns_total", "Turns of the core's thread.", parts.Core.Turns);
        text.Counter(
            "exchange_commands_committed_total", "Commands answered by this member.", parts.Pending.Committed);
        text.Counter("exchange_entries_proposed_total", "Entries proposed.", parts.Desk.Proposer.Proposed);
        text.Counter(
            "exchange_proposals_held_total", "Proposals that had to wait for room or a new leader.",
            parts.Desk.Proposer.HeldBack);
        text.Counter("exchange_queries_total", "Questions answered.", parts.Answers.Answered);
        text.Counter(
            "exchange_sessions_broken_total", "Sessions reported as disconnected.", parts.Desk.Sessions.Reported);
        text.Counter("exchange_read_rounds_total", "Rounds of consensus for reads.", parts.Reads.Rounds);
    }

    private static void WriteRefusals(MetricsText text, MemberParts parts)
    {
        const string Name = "exchange_refused_total";
        const string Help = "Requests refused, by reason.";
        text.Counter(Name, Help, parts.Queue.Refused, "reason=\"commands-full\"");
        text.Counter(Name, Help, parts.Reads.Overloaded, "reason=\"reads-full\"");
        text.Counter(Name, Help, parts.Pending.Overtaken, "reason=\"overtaken\"");
        text.Counter(Name, Help, parts.Pending.Unknown, "reason=\"outcome-unknown\"");
        foreach (var code in Enum.GetValues<RefusalCode>())
        {
            if (code != RefusalCode.None)
            {
                text.Counter(
                    "auth_fail_total", "Connections refused, by reason.", parts.Doorkeeper.RefusedOf(code),
                    $"reason=\"{Readiness.Hyphenated(code.ToString())}\"");
            }
        }

        foreach (var error in Enum.GetValues<PeerMessageError>())
        {
            if (error != PeerMessageError.None)
            {
                text.Counter(
                    "exchange_peer_messages_dropped_total", "Messages of peers that were none, by reason.",
                    parts.Letters.Dropped(error), $"reason=\"{Readiness.Hyphenated(error.ToString())}\"");
            }
        }

        text.Counter(
            "exchange_peer_messages_misnamed_total", "Messages of another sender than their connection's.",
            parts.Letters.Misnamed);
        text.Counter(
            "exchange_peer_messages_unsent_total", "Messages for peers that found no room.", parts.Output.Unsent);
    }
}
