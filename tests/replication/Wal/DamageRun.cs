using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Replication.Tests.Wal;

/// <summary>
/// Flips bits all over a log, one at a time, and looks at what is recovered: every entry is read as it was or named as
/// damaged, and the log is as long as it was.
/// <para>It stands without the test framework, as <see cref="PowerCutRun"/> does.</para>
/// </summary>
internal sealed class DamageRun
{
    private static readonly FileId First = new(FileKind.Segment, 1);
    private readonly LogDriver _driver = LogDriver.Format();

    /// <summary>Bits flipped.</summary>
    public int Flips { get; private set; }

    /// <summary>Those that damaged an entry.</summary>
    public int Damaged { get; private set; }

    /// <summary>Flips one bit of every third byte of all groups but the last.</summary>
    /// <returns>What went wrong first; empty if nothing did.</returns>
    public string Run()
    {
        _driver.Append(1, 300, count: 2).Vote(2, 1).Append(2, 50).Settle();
        _driver.Append(2, 700).Settle();
        _driver.Truncate(4).Append(3, 20, count: 2).Settle();
        _driver.Append(3, 5000).Settle();
        var end = _driver.Disk.BytesWritten;
        _driver.Now += 10_000;
        _driver.Log.Tick(_driver.Now);
        _driver.Settle();
        LogDriver.Must(_driver.Disk.BytesWritten == end + IDisk.Sector, "an idle log is sealed");
        for (var offset = 0; offset < 6 * IDisk.Sector; offset += 3)
        {
            Flip(offset);
        }

        return "";
    }

    /// <summary>For callers that know no types of this assembly.</summary>
    public static string RunOnce()
    {
        try
        {
            return new DamageRun().Run();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            return exception.Message;
        }
    }

    private void Flip(int offset)
    {
        Flips++;
        var disk = _driver.Disk.Copy();
        disk.Flip(First, offset, offset % 8);
        var after = LogDriver.Open(disk);
        var report = after.Report!;
        var last = report.LastIndex;
        LogDriver.Must(last == _driver.Log.LastIndex, $"offset {offset}: the log ends at {last}");
        LogDriver.Must(report.HardState == new WalHardState(2, 1, 0, 1), $"offset {offset}: {report.HardState}");
        Damaged += report.Faults.Count > 0 ? 1 : 0;
        LogDriver.Must(report.Faults.Count == 0 || report.Findings.Count > 0, $"offset {offset}: nothing is named");
        foreach (var entry in _driver.Entries)
        {
            var isFaulty = report.Faults.Any(fault => fault.First <= entry.Index && fault.Last >= entry.Index);
            if (!isFaulty)
            {
                var read = after.Read(entry.Index, out var outcome);
                LogDriver.Must(
                    read.Count > 0 && LogDriver.Same(entry, read[0]),
                    $"offset {offset}: entry {entry.Index} is read as {outcome}");
            }
        }
    }
}
