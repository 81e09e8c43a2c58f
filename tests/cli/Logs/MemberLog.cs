using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Wal;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Cli.Tests.Logs;

/// <summary>A command that was decided while the log was written, with what the machine then said.</summary>
internal sealed record Decided(ulong Index, uint Offset, byte[] Command, byte[] Result, byte[] Events);

/// <summary>Hashes after an entry, as the machine that wrote the log had them.</summary>
internal sealed record Hashes(ulong Index, ulong State, ulong EventChain, ChainHash Chain);

/// <summary>
/// A member's log on real files, written by the production log: entries of a generated workload, sealed and chained as
/// a leader does it, applied by a machine whose answers are kept.
/// </summary>
internal sealed class MemberLog : IDisposable
{
    private const int RowSize = 64;

    private static readonly WalOptions _options = new()
    {
        SegmentBytes = 512 << 10,
        GroupBytesMax = 96 << 10,
        ReserveBytes = 64 << 10,
        ReaderBytes = 128 << 10,
    };

    private readonly SemaphoreSlim _ended = new(0);
    private readonly ExchangeMachine _machine = new();
    private ChainHash _chain = ChainHash.Genesis;
    private ulong _ticket;
    private long _now;

    private MemberLog(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>What was decided, by order id for the commands that made an order.</summary>
    public Dictionary<ulong, Decided> Orders { get; } = [];

    /// <summary>Every command that the payloads hold.</summary>
    public List<Decided> Commands { get; } = [];

    public List<Hashes> Entries { get; } = [];

    /// <summary>Bytes of each entry's payload, by index from 1.</summary>
    public List<byte[]> Payloads { get; } = [];

    /// <summary>Writes a workload's entries and closes the log.</summary>
    public static MemberLog Write(string folder, ulong seed, int steps)
    {
        var member = new MemberLog(folder);
        using var disk = new FileDisk(folder, () => member._ended.Release());
        var identity = new WalIdentity(ClusterId: 1, NodeId: 1, Incarnation: 1, Salt: 0x5A17);
        Assert.Equal(WalOpenError.None, WriteAheadLog.Format(disk, _options, in identity, epoch: 1, out var log));
        member.Settle(disk, log!);
        var workload = Workload.Of(seed, steps);
        var generator = new CommandGenerator(workload.World);
        foreach (var step in workload.Steps)
        {
            member.Drain(generator, disk, log!);
            generator.Feed(step);
        }

        generator.Flush();
        member.Drain(generator, disk, log!);
        member.Settle(disk, log!);

        // Idle for a while, so that the last group is sealed: damage in it is damage then.
        member._now += 1_000_000_000;
        log!.Tick(member._now);
        member.Settle(disk, log);
        log.Dispose();
        return member;
    }

    public void Dispose() => _ended.Dispose();

    private void Drain(CommandGenerator generator, FileDisk disk, WriteAheadLog log)
    {
        using var hasher = new ChainHasher();
        while (generator.TryNext(out var entry))
        {
            var header = entry.Header;
            EntryCodec.Seal(ref header, entry.Payload, in _chain, hasher);
            _chain = header.ChainHash;
            var (events, results) = (new OutputBuffer(), new OutputBuffer());
            _machine.Apply(in header, entry.Payload, events, results);
            Keep(in header, entry.Payload, results.Written, events.Written);
            generator.Observe(entry, results.Written, events.Written, _machine.NextDeadline);
            while (log.Append(_ticket + 1, in header, entry.Payload) is var refusal && refusal != WalRefusal.None)
            {
                Assert.Equal(WalRefusal.Full, refusal);
                Settle(disk, log);
            }

            _ticket++;
        }
    }

    private void Settle(FileDisk disk, WriteAheadLog log)
    {
        log.Submit(++_now);
        while (log.IsBusy || log.Phase == WalPhase.Opening)
        {
            _ended.Wait(TestContext.Current.CancellationToken);
            Assert.True(disk.TryTake(out var request));
            log.TryComplete(request!, ++_now);
        }

        Assert.Equal(WalPhase.Open, log.Phase);
    }

    private void Keep(
        in EntryHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> results, ReadOnlySpan<byte> events)
    {
        Entries.Add(new Hashes(header.Index, _machine.StateHash, _machine.EventChainHash, header.ChainHash));
        Payloads.Add(payload.ToArray());
        var byOffset = EventsByOffset(events);
        var reader = new BatchReader(payload);
        for (var offset = 0u; offset < header.CommandCount && reader.TryRead(out var command); offset++)
        {
            var caused = byOffset.GetValueOrDefault(offset, []);
            var decided = new Decided(
                header.Index, offset, command.ToArray(), results.Slice((int)offset * RowSize, RowSize).ToArray(),
                caused);
            Commands.Add(decided);
            var result = MemoryMarshal.Read<CommandResult>(decided.Result);
            if (result is { Kind: CommandKind.PlaceOrder, Code: RejectCode.None }
                && result.Index == header.Index && result.Offset == offset)
            {
                Orders[result.Id] = decided;
            }
        }
    }

    private static Dictionary<uint, byte[]> EventsByOffset(ReadOnlySpan<byte> events)
    {
        var byOffset = new Dictionary<uint, byte[]>();
        var cause = uint.MaxValue;
        for (var at = 0; at < events.Length;)
        {
            var header = MemoryMarshal.Read<EventHeader>(events[at..]);
            cause = header.Kind == EventKind.Cause ? header.Stream : cause;
            if (header.Kind != EventKind.Entry)
            {
                byOffset[cause] = [.. byOffset.GetValueOrDefault(cause, []), .. events.Slice(at, header.Length)];
            }

            at += header.Length;
        }

        return byOffset;
    }
}
