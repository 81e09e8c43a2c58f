using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Faster;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>What the process under test loses when it dies, beside itself.</summary>
internal enum CrashMode
{
    /// <summary>Nothing: the operating system keeps what was written.</summary>
    Plain,

    /// <summary>What was not made durable, as when the power fails.</summary>
    Volatile,

    /// <summary>The same, and nothing is ever made durable: a planted bug that the command must notice.</summary>
    SyncRemoved,
}

/// <summary>
/// Appends until it is killed, and says on its standard output what was acknowledged: one record of 48 bytes each time,
/// index, chain hash and term.
/// </summary>
internal sealed class CrashChild(string folder, CrashMode mode, ulong seed)
{
    public const int RecordSize = 48;

    /// <summary>In the place of a term: the record tells of a snapshot.</summary>
    public const ulong SnapshotMark = ulong.MaxValue;

    public static WalOptions Options { get; } = new()
    {
        SegmentBytes = 4 << 20,
        GroupBytesMax = 256 << 10,
        ReaderBytes = 512 << 10,
    };

    public void Run()
    {
        IFileCalls? calls = mode == CrashMode.Plain ? null : new VolatileCalls(mode == CrashMode.SyncRemoved);
        using var host = new WalHost(folder, Options, calls);
        using var snapshots = new CrashSnapshots(FilesOf(folder, mode));
        using var output = Console.OpenStandardOutput();
        var report = host.Report;
        var last = report?.LastIndex ?? 0;
        var term = (report?.HardState.Term ?? 0) + 1;
        using var maker = new EntryMaker(last, term, report?.LastChain ?? default);
        var chains = new ChainHash[4096];
        var record = new byte[RecordSize];
        var payload = new byte[16 << 10];
        new Random((int)(seed & int.MaxValue)).NextBytes(payload);
        var ticket = 1UL;
        host.Log.SetHardState(ticket, new WalHardState(term, 1 + (seed % 3), 0, 1));
        var told = host.Log.DurableIndex;
        while (true)
        {
            var luck = StableHash.Mix(seed, host.Log.LastIndex);
            for (var i = 0UL; i < 1 + (luck % 8) && host.Log.LastIndex - told < 4000; i++)
            {
                var length = (int)(StableHash.Mix(luck, i) & 0x3FFF);
                length = (luck & 64) == 0 ? length >> 6 : length;
                if (host.Log.CanAppend(length) == WalRefusal.None)
                {
                    ref readonly var header = ref maker.Next(payload.AsSpan(0, length));
                    Invariant.Check(host.Log.Append(++ticket, in header, payload.AsSpan(0, length)) == WalRefusal.None);
                    chains[header.Index % 4096] = header.ChainHash;
                }
            }

            host.Submit();
            host.WaitForOne();
            if (host.Log.DurableIndex > told && host.Log.HardState.Term == term)
            {
                told = host.Log.DurableIndex;
                BinaryPrimitives.WriteUInt64LittleEndian(record, told);
                MemoryMarshal.Write(record.AsSpan(8), in chains[told % 4096]);
                BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(40), term);
                output.Write(record);
            }

            var snapshot = snapshots.Step();
            if (snapshot != 0)
            {
                record.AsSpan().Clear();
                BinaryPrimitives.WriteUInt64LittleEndian(record, snapshot);
                BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(40), SnapshotMark);
                output.Write(record);
            }

            host.Log.Release(told - Math.Min(told, 2_000));
            Invariant.Check(host.Log.Phase == WalPhase.Open);
        }
    }

    /// <summary>The files of the snapshots, beside those of the log.</summary>
    public static IStoreFiles FilesOf(string folder, CrashMode mode)
    {
        var files = new StoreFolder(folder + "-snapshots");
        return mode == CrashMode.Plain ? files : new VolatileFiles(files, mode == CrashMode.SyncRemoved);
    }
}
