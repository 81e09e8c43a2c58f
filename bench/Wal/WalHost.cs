using System.Diagnostics;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>A log on real files and the thread that owns it: this one.</summary>
internal sealed class WalHost : IDisposable
{
    private readonly SemaphoreSlim _ended = new(0);
    private readonly FileDisk _disk;

    public WalHost(string folder, WalOptions options, IFileCalls? calls = null)
    {
        _disk = new FileDisk(folder, () => _ended.Release(), calls);
        var error = WriteAheadLog.Open(_disk, options, progress: null, out var log, out var report);
        if (error == WalOpenError.Blank)
        {
            var identity = new WalIdentity(7, NodeId: 1, Incarnation: 1, Salt: 11);
            error = WriteAheadLog.Format(_disk, options, in identity, epoch: 1, out log);
        }

        OpenError = error;
        Log = log!;
        Report = report;
        if (error == WalOpenError.None)
        {
            Submit();
            while (Log.Phase == WalPhase.Opening)
            {
                WaitForOne();
            }
        }
    }

    public WalOpenError OpenError { get; }

    public WriteAheadLog Log { get; }

    /// <summary>What was found; missing where the folder was empty.</summary>
    public WalReport? Report { get; }

    public bool IsDirect => _disk.IsDirect;

    public void Submit() => Log.Submit(Now());

    /// <summary>Waits until a request has ended and gives it to the log.</summary>
    public void WaitForOne()
    {
        _ended.Wait();
        if (_disk.TryTake(out var request))
        {
            Invariant.Check(Log.TryComplete(request!, Now()));
        }
    }

    /// <summary>Gives to the log what has ended; waits for nothing.</summary>
    public void TakeEnded()
    {
        while (_ended.Wait(0))
        {
            if (_disk.TryTake(out var request))
            {
                Invariant.Check(Log.TryComplete(request!, Now()));
            }
        }
    }

    /// <summary>Reads entries up to and with the last durable one.</summary>
    public void ReadAll(ulong from, Action<EntryHeader> entry, out ReadOutcome end)
    {
        Invariant.Check(Log.TryOpenReader(from, out var reader));
        while (true)
        {
            end = reader!.Read(out var header, out _);
            if (end == ReadOutcome.Entry)
            {
                entry(header);
            }
            else if (end == ReadOutcome.Pending)
            {
                WaitForOne();
            }
            else
            {
                reader.Close();
                return;
            }
        }
    }

    public void Dispose()
    {
        _disk.Dispose();
        Log?.Dispose();
        _ended.Dispose();
    }

    private static long Now() => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);
}
