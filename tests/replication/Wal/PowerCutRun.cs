using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

/// <summary>
/// Runs a workload of 200 operations and cuts the power at every boundary, that is whenever a request is about to end,
/// for each choice of what was kept of all that is under way. What is found on the disk then must be the log as it was
/// after one of its operations, and none before the last that was acknowledged.
/// <para>It stands without the test framework: it is also compiled together with sources in which a bug was planted.
/// </para>
/// </summary>
internal sealed class PowerCutRun
{
    private const int Operations = 200;
    private const int KeyedSubsets = 64;

    private readonly LogDriver _driver = LogDriver.Format(Sizes);

    // The log as it was after each ticket.
    private readonly List<Moment> _moments = [];
    private WalHardState _hardState = new(0, 0, 0, 1);
    private ulong _released;

    private sealed record Moment(WalHardState HardState, ulong BaseIndex, LoggedEntry[] Entries)
    {
        public ulong LastIndex => Entries.Length > 0 ? Entries[^1].Index : BaseIndex;
    }

    /// <summary>A group has up to ten sectors, a segment about fifty.</summary>
    public static WalOptions Sizes { get; } = LogDriver.Small with
    {
        SegmentBytes = 192 << 10,
        GroupBytesMax = 40 << 10,
        ReaderBytes = 64 << 10,
    };

    /// <summary>Moments at which the power was cut.</summary>
    public int Boundaries { get; private set; }

    /// <summary>Different disks that were recovered from.</summary>
    public int Recoveries { get; private set; }

    /// <summary>Cuts after which the last group was torn.</summary>
    public int TornTails { get; private set; }

    /// <summary>Groups written.</summary>
    public int Groups { get; private set; }

    /// <summary>Runs the workload.</summary>
    /// <returns>What went wrong first; empty if nothing did.</returns>
    public string Run()
    {
        Remember();
        for (var operation = 0UL; operation < Operations; operation++)
        {
            Operate(operation);
            _driver.Now += 400;
            _driver.Submit();
            if (operation % 5 == 0)
            {
                _driver.Log.Tick(_driver.Now);
            }

            // Sometimes nothing ends before the next operation, so that groups form.
            var ends = StableHash.Mix(1, operation) % 3;
            for (var i = 0UL; i < ends && _driver.Disk.UnderWay.Count > 0; i++)
            {
                End();
            }
        }

        while (_driver.Disk.UnderWay.Count > 0)
        {
            End();
        }

        return "";
    }

    /// <summary>For callers that know no types of this assembly.</summary>
    public static string RunOnce()
    {
        try
        {
            return new PowerCutRun().Run();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            return exception.Message;
        }
    }

    private void Operate(ulong operation)
    {
        var luck = StableHash.Mix(2, operation);
        var log = _driver.Log;
        switch (luck % 16)
        {
            case 0:
                var vote = new WalHardState(_hardState.Term + 1, (luck >> 8) & 3, _released, 1);
                Give(() => _driver.TryVote(vote), () => _hardState = vote);
                break;
            case 1 or 2 when log.LastIndex > Math.Max(_released, log.DurableIndex / 2) + 3:
                var from = log.LastIndex - ((luck >> 8) & 1);
                Give(() => _driver.TryTruncate(from), () => { });
                break;
            case 3 when log.DurableIndex > _released + 8 && log.LastIndex >= log.DurableIndex:
                _released = log.DurableIndex - 4;
                log.Release(_released);
                break;
            case 4 when operation is > 100 and < 160:
                var beyond = _driver.Beyond(_hardState.Term + 1, 7);
                Give(() => _driver.TryReset(beyond), () => { });
                _released = beyond.Index;
                break;
            case 5 or 6:
                Append(20_000 + (int)(luck >> 40 & 0x3FFF));
                break;
            default:
                Append((int)(luck >> 40 & 0x1FFF));
                break;
        }
    }

    private void Append(int length) =>
        Give(() => _driver.TryAppend(Math.Max(1, _driver.LastTerm + (_driver.Ticket & 31) / 31), length), () => { });

    // What the log does not take now it takes when something has ended.
    private void Give(Func<WalRefusal> operation, Action taken)
    {
        while (true)
        {
            var refusal = operation();
            if (refusal == WalRefusal.None)
            {
                break;
            }

            LogDriver.Must(refusal == WalRefusal.Full, $"refused: {refusal}");
            LogDriver.Must(_driver.Submit().Disk.UnderWay.Count > 0, "a full log has something under way");
            End();
        }

        taken();
        Remember();
    }

    private void Remember()
    {
        while (_moments.Count <= (int)_driver.Ticket)
        {
            _moments.Add(new Moment(_hardState, _driver.BaseIndex, [.. _driver.Entries]));
        }
    }

    private void End()
    {
        CutHere();
        Groups += _driver.Disk.UnderWay[0].File.Kind == FileKind.Segment ? 1 : 0;
        _driver.CompleteNext();
    }

    private void CutHere()
    {
        Boundaries++;
        var starts = new List<int>();
        var total = 0;
        foreach (var request in _driver.Disk.UnderWay)
        {
            starts.Add(total);
            total += request.Operation == DiskOperation.Write ? request.Buffer.Length / IDisk.Sector : 1;
        }

        LogDriver.Must(total <= 64, "what is under way has at most 64 sectors");
        var every = total == 64 ? ulong.MaxValue : (1UL << total) - 1;
        var masks = new SortedSet<ulong> { 0, every };
        for (var i = 0; i < total; i++)
        {
            masks.Add((1UL << i) - 1);
            masks.Add(every & ~(1UL << i));
        }

        for (var i = 0UL; i < KeyedSubsets; i++)
        {
            masks.Add(every & StableHash.Mix((ulong)Boundaries, i));
        }

        foreach (var mask in masks)
        {
            var left = _driver.Disk.Cut((request, sector) => (mask >> (starts[request] + sector) & 1) == 0 ? 0 : 4096);
            Recover(left, $"cut {Boundaries}, kept {mask:x} of {every:x}");
        }

        // A sector that was half written when the power went, the others whole.
        for (var i = 0; i < total; i++)
        {
            var torn = i;
            var half = 512 * (1 + (Boundaries % 7));
            var left = _driver.Disk.Cut((request, sector) => starts[request] + sector == torn ? half : 4096);
            Recover(left, $"cut {Boundaries}, {half} bytes kept of sector {i} of {total}");
        }
    }

    private void Recover(PowerCutDisk disk, string cut)
    {
        Recoveries++;
        var isCutAgain = Recoveries % 8 == 0;
        if (isCutAgain)
        {
            disk = CutWhileOpening(disk);
        }

        var found = LogDriver.Open(disk, Sizes);
        var moment = Check(found, cut);
        TornTails += found.Report!.Findings.Any(finding => finding.Kind == WalFindingKind.TornTail) ? 1 : 0;
        if (isCutAgain)
        {
            // The log goes on from there, and nothing that was dropped comes back.
            var term = Math.Max(1, found.Report.LastTerm + 1);
            found.Knows(moment.Entries).Append(term, 500, count: 2).Settle();
            var again = LogDriver.Open(found.Disk, Sizes);
            Same(found.Entries, again, cut + ", and then went on");
        }
    }

    private PowerCutDisk CutWhileOpening(PowerCutDisk disk)
    {
        var error = WriteAheadLog.Open(disk, Sizes, progress: null, out var log, out _);
        LogDriver.Must(error == WalOpenError.None, $"opening ended with {error}");
        log!.Submit(0);
        var ends = Recoveries / 8 % 3;
        for (var i = 0; i < ends && disk.UnderWay.Count > 0; i++)
        {
            log.TryComplete(disk.CompleteNext(), 0);
        }

        return disk.Cut((request, sector) =>
            (StableHash.Mix((ulong)Recoveries, (ulong)(request + sector)) & 1) == 0 ? 0 : IDisk.Sector);
    }

    private Moment Check(LogDriver found, string cut)
    {
        var report = found.Report!;
        LogDriver.Must(report.Faults.Count == 0, $"{cut}: {report.Faults.Count} faults after a power cut");
        foreach (var finding in report.Findings)
        {
            var isTorn = finding.Kind is WalFindingKind.TornTail or WalFindingKind.SuperblockSlot;
            LogDriver.Must(isTorn, $"{cut}: {finding}");
        }

        var acknowledged = (int)_driver.Log.DurableTicket;
        for (var ticket = acknowledged; ticket < _moments.Count; ticket++)
        {
            var moment = _moments[ticket];
            if (moment.LastIndex == report.LastIndex
                && (moment.Entries.Length == 0 || moment.Entries[^1].Header.ChainHash == report.LastChain)
                && IsReached(report.HardState, ticket))
            {
                Same(moment.Entries, found, cut);
                return moment;
            }
        }

        throw new InvalidOperationException(
            $"{cut}: found {report.HardState} and {report.LastIndex} entries, which the log was at no ticket from "
            + $"{acknowledged} to {_moments.Count - 1}: {string.Join("; ", _moments.Skip(acknowledged).Select(
                moment => $"{moment.HardState} and {moment.LastIndex}"))}");
    }

    // The superblock may be ahead of the log, never behind it.
    private bool IsReached(WalHardState found, int ticket)
    {
        for (var later = ticket; later < _moments.Count; later++)
        {
            if (_moments[later].HardState == found)
            {
                return true;
            }
        }

        return false;
    }

    private void Same(IReadOnlyList<LoggedEntry> entries, LogDriver found, string cut)
    {
        var first = found.Log.FirstIndex;
        LogDriver.Must(
            entries.Count == 0 || first <= Math.Max(entries[0].Index, _released + 1),
            $"{cut}: the log begins at {first} only");
        var read = found.Read(first, out var end);
        LogDriver.Must(end == ReadOutcome.End, $"{cut}: reading ended with {end} at {first + (ulong)read.Count}");
        var expected = entries.Where(entry => entry.Index >= first).ToList();
        LogDriver.Must(expected.Count == read.Count, $"{cut}: read {read.Count} entries of {expected.Count}");
        for (var i = 0; i < read.Count; i++)
        {
            LogDriver.Must(LogDriver.Same(expected[i], read[i]), $"{cut}: entry {expected[i].Index} is another one");
        }
    }
}
