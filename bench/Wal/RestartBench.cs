using System.Diagnostics;
using System.Globalization;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>
/// The restart of a whole replica whose log is long: its files are read, its entries given back to consensus, and all
/// of them applied, here by a machine that only counts, so that what is timed is the replica.
/// </summary>
internal sealed class RestartBench(string folder, long entries, int commands, int bytes, TextWriter output)
    : IReplicaOutput, IDisposable
{
    private static readonly MemberId _self = new(1, 1);

    private readonly SemaphoreSlim _ended = new(0);
    private readonly CountingMachine _machine = new();
    private long _reportedAt;

    /// <summary>Writes the log, restarts, prints.</summary>
    public void Run()
    {
        Fill();
        var start = Stopwatch.GetTimestamp();
        using var disk = new FileDisk(folder, () => _ended.Release());
        var options = new ReplicaOptions { Snapshots = new SnapshotOptions { IntervalEntries = 0 } };
        using var store = new DiskSnapshotStore(disk, options.Snapshots);
        var identity = new ReplicaIdentity
        {
            ClusterId = 7,
            Self = _self,
            Founders = Configuration.OfVoters(_self),
            Salt = 11,
        };
        using var replica = Replica.Open(
            options, identity, disk, store, () => _machine, static _ => 1, this, out var error)
            ?? throw new InvalidOperationException($"the log cannot be opened: {error}");
        var scanned = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"files read and checked: {scanned.TotalSeconds:F1} s");
        while (replica.Phase == ReplicaPhase.Recovering)
        {
            Turn(disk, replica, start);
        }

        var recovered = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"given back to consensus: {(recovered - scanned).TotalSeconds:F1} s");
        while (replica.Phase == ReplicaPhase.Running && replica.AppliedIndex < (ulong)entries)
        {
            Turn(disk, replica, start);
        }

        var all = Stopwatch.GetElapsedTime(start);
        Report(all, all - recovered, replica.Phase);
    }

    public void Dispose() => _ended.Dispose();

    void IReplicaOutput.Send(in PeerMessage message, ReadOnlySpan<byte> body)
    {
    }

    void IReplicaOutput.Applied(
        in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
    {
    }

    void IReplicaOutput.Read(in ReadState read)
    {
    }

    void IReplicaOutput.Installed(ulong index)
    {
    }

    private static long Now() => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    private void Fill()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        using var host = new WalHost(folder, new WalOptions());
        using var maker = new EntryMaker(0, 1, default);
        var payload = new byte[commands * bytes];
        host.Log.SetHardState(1, new WalHardState(1, 0, 0, 1));
        for (long i = 0; i < entries;)
        {
            while (i < entries && host.Log.CanAppend(payload.Length) == WalRefusal.None)
            {
                ref readonly var header = ref maker.Next(payload);
                Invariant.Check(host.Log.Append(2, in header, payload) == WalRefusal.None);
                i++;
            }

            host.Submit();
            host.WaitForOne();
            Progress("written", (ulong)i, default);
        }

        while (host.Log.DurableIndex < (ulong)entries)
        {
            host.Submit();
            host.WaitForOne();
        }
    }

    private void Turn(FileDisk disk, Replica replica, long start)
    {
        while (disk.TryTake(out var request))
        {
            replica.Complete(request!);
        }

        replica.Tick(Now(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000);
        if (!replica.Run())
        {
            _ended.Wait(TimeSpan.FromMilliseconds(10));
        }

        Progress("given back", replica.RecoveredEntries, Stopwatch.GetElapsedTime(start));
        if (replica.Phase == ReplicaPhase.Running)
        {
            Progress("applied", replica.AppliedIndex, Stopwatch.GetElapsedTime(start));
        }
    }

    private void Progress(string what, ulong count, TimeSpan elapsed)
    {
        if (Stopwatch.GetElapsedTime(_reportedAt).TotalSeconds < 2)
        {
            return;
        }

        _reportedAt = Stopwatch.GetTimestamp();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {elapsed.TotalSeconds,6:F1} s: {count:N0} of {entries:N0} {what}"));
    }

    private void Report(TimeSpan all, TimeSpan applying, ReplicaPhase phase)
    {
        var total = (double)entries * commands;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"applied: {applying.TotalSeconds:F1} s; {entries:N0} entries of {commands} commands, {bytes} bytes each: "
            + $"{total / applying.TotalSeconds / 1e6:F2} M commands/s applied, "
            + $"{total / all.TotalSeconds / 1e6:F2} M commands/s from the start of the process's work ({phase})"));
    }

    /// <summary>Counts what it is given.</summary>
    private sealed class CountingMachine : IStateMachine
    {
        public ulong AppliedIndex { get; private set; }

        public long NextDeadline => long.MaxValue;

        public ulong StateHash { get; private set; }

        public ulong EventChainHash => 0;

        public void Apply(in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results)
        {
            AppliedIndex = header.Index;
            StateHash = StableHash.Mix(StateHash, header.Index + (ulong)payload.Length);
        }

        public ulong RecomputeStateHash() => StateHash;

        public ISnapshotReader BeginSnapshot(SnapshotScope scope) => throw new NotSupportedException();

        public ISnapshotWriter BeginRestore() => throw new NotSupportedException();
    }
}
