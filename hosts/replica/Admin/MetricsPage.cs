using System.Diagnostics;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Replica.Node;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Member = Exchange.Rsm.Replication.Replica.Replica;

namespace Exchange.Rsm.Hosts.Replica.Admin;

/// <summary>Everything that is counted, as Prometheus reads it.</summary>
internal sealed class MetricsPage(MemberNode node, Func<long> adminFailures)
{
    public async Task<string> RenderAsync(CancellationToken cancellation)
    {
        var text = await node.Core.AskAsync(
            replica =>
            {
                var text = new MetricsText();
                WriteRaft(text, replica);
                WriteStorage(text, replica);
                node.WriteFigures(text);
                WriteSymbols(text);
                return text;
            },
            cancellation);
        WriteTransport(text);
        WriteProcess(text);
        return text.ToString();
    }

    private static void WriteRaft(MetricsText text, Member replica)
    {
        text.Gauge("exchange_phase", "0 recovering, 1 running, 2 failed.", (double)replica.Phase);
        text.Gauge("exchange_applied_index", "Last entry in the state.", replica.AppliedIndex);
        if (replica.Phase != ReplicaPhase.Running)
        {
            return;
        }

        var status = replica.Node.Status;
        text.Gauge("exchange_raft_term", "Term.", status.Term);
        text.Gauge(
            "exchange_raft_role", "1 follower, 2 pre-candidate, 3 candidate, 4 leader.", (double)status.Role);
        text.Gauge("exchange_raft_is_leader", "1 where this member leads.", status.Role == RaftRole.Leader ? 1 : 0);
        text.Gauge("exchange_raft_leader", "The member that leads; 0 for none.", status.Leader.Number);
        text.Gauge("exchange_raft_last_index", "Last entry of the log.", status.LastIndex);
        text.Gauge("exchange_raft_durable_index", "Last durable entry.", status.DurableIndex);
        text.Gauge("exchange_raft_commit_index", "Last committed entry, as far as known.", status.CommitIndex);
        text.Gauge("exchange_raft_configuration_index", "Entry of the members in force.", status.ConfigurationIndex);
        text.Counter(
            "exchange_raft_dropped_messages_total", "Messages that were not for this node.",
            replica.Node.DroppedMessages);
        foreach (var fault in Enum.GetValues<RaftFaults>())
        {
            if (fault != RaftFaults.None)
            {
                text.Gauge(
                    "exchange_raft_fault", "1 where something is wrong, by name.",
                    (status.Faults & fault) != 0 ? 1 : 0, $"fault=\"{Readiness.Hyphenated(fault.ToString())}\"");
            }
        }
    }

    private static void WriteStorage(MetricsText text, Member replica)
    {
        text.Gauge("exchange_wal_first_index", "First entry that the log holds.", replica.Log.FirstIndex);
        text.Gauge("exchange_wal_segments", "Files with entries.", replica.Log.SegmentCount);
        text.Gauge("exchange_wal_is_full", "1 where there is no room for another file.", replica.Log.IsFull ? 1 : 0);
        text.Gauge("exchange_wal_is_stalled", "1 where a write takes too long.", replica.Log.IsStalled ? 1 : 0);
        text.Gauge("exchange_wal_damaged_ranges", "Ranges of damaged entries.", replica.Log.Faults.Count);
        text.Gauge("exchange_snapshot_index", "Newest durable snapshot.", replica.Snapshots.Newest?.Index ?? 0);
        text.Counter("exchange_snapshots_total", "Snapshots made durable.", replica.Snapshots.DurableCount);
        text.Counter("exchange_snapshots_failed_total", "Snapshots that failed.", replica.Snapshots.FailedCount);
        text.Counter(
            "exchange_snapshots_skipped_total", "Snapshots that were due while one was under way.",
            replica.Snapshots.SkippedCount);
    }

    private void WriteSymbols(MetricsText text)
    {
        var rows = new OutputBuffer();
        node.Queries.Instruments(rows);
        var instruments = MemoryMarshal.Cast<byte, InstrumentAnswer>(rows.Written).ToArray();
        foreach (var one in instruments)
        {
            text.Counter(
                "exchange_symbol_sequence", "Last number of the symbol's event stream: its rate is events per second.",
                one.Sequence, LabelOf(one));
        }

        foreach (var one in instruments)
        {
            text.Counter(
                "exchange_symbol_commands_total", "Commands received for the symbol while this member led.",
                node.CommandsOf(one.Instrument.Value), LabelOf(one));
        }

        foreach (var one in instruments)
        {
            text.Gauge("exchange_symbol_open_orders", "Orders open or waiting.", one.OpenOrders, LabelOf(one));
        }
    }

    private static string LabelOf(in InstrumentAnswer one) => $"symbol=\"{SymbolText.Format(one.Symbol)}\"";

    // Side by side, because lines of one name must stand together.
    private void WriteTransport(MetricsText text)
    {
        void Both(string name, string help, Func<TransportCounters, long> count, string labels = "")
        {
            text.Counter(name, help, count(node.PeerCounters), $"side=\"peer\"{labels}");
            text.Counter(name, help, count(node.ClientCounters), $"side=\"client\"{labels}");
        }

        Both("exchange_transport_frames_sent_total", "Messages written.", counters => counters.FramesSent);
        Both("exchange_transport_frames_received_total", "Messages read.", counters => counters.FramesReceived);
        Both("exchange_transport_bytes_sent_total", "Bytes written.", counters => counters.BytesSent);
        Both("exchange_transport_bytes_received_total", "Bytes read.", counters => counters.BytesReceived);
        Both("exchange_transport_refused_total", "Messages that found no room.", counters => counters.FramesRefused);
        Both("exchange_transport_lost_total", "Messages lost with their connection.", counters => counters.FramesLost);
        Both("exchange_transport_connected_total", "Connections made.", counters => counters.Connected);
        foreach (var reason in Enum.GetValues<CloseReason>().Where(reason => reason != CloseReason.None))
        {
            Both(
                "exchange_transport_closed_total", "Connections that ended, by reason.",
                counters => counters.Closed(reason),
                $",reason=\"{Readiness.Hyphenated(reason.ToString())}\"");
        }
    }

    private void WriteProcess(MetricsText text)
    {
        using var process = Process.GetCurrentProcess();
        text.Counter(
            "process_cpu_seconds_total", "CPU time of the process.", process.TotalProcessorTime.TotalSeconds);
        text.Gauge("process_resident_memory_bytes", "Memory in use.", process.WorkingSet64);
        text.Gauge("process_threads", "Threads.", process.Threads.Count);
        text.Gauge("process_open_handles", "Open handles.", process.HandleCount);
        text.Counter(
            "dotnet_gc_allocated_bytes_total", "Bytes allocated.", GC.GetTotalAllocatedBytes(precise: false));
        text.Gauge("dotnet_gc_heap_bytes", "Bytes of the managed heap.", GC.GetTotalMemory(forceFullCollection: false));
        text.Counter(
            "dotnet_gc_pause_seconds_total", "Time the collector stopped everything.",
            GC.GetTotalPauseDuration().TotalSeconds);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            text.Counter(
                "dotnet_gc_collections_total", "Collections.", GC.CollectionCount(generation),
                $"generation=\"{generation}\"");
        }

        text.Counter("exchange_admin_failures_total", "Calls that ended in a bug.", adminFailures());

        // An invariant that does not hold ends the process: the figure says that none has failed since its start.
        text.Counter("invariant_violation_total", "Invariants that did not hold.", 0);
    }
}
