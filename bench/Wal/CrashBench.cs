using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>
/// Kills a process that appends, at moments drawn from a seed, and looks at what it left: every acknowledged entry must
/// be there. The folder goes on from round to round, so recovery is recovered from as well.
/// </summary>
internal sealed class CrashBench(string folder, ulong seed, TextWriter output)
{
    // The planted bug must be noticed at once; a few rounds are for a kill before anything was acknowledged.
    private const int PlantedRounds = 5;
    private const int WholeLookEvery = 10;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ulong, (ChainHash Chain, ulong Term)> _acknowledged = [];
    private ulong _snapshot;

    /// <summary>Runs all rounds.</summary>
    /// <returns>Whether nothing was lost, and the planted bug was noticed.</returns>
    public bool Run(int rounds)
    {
        var plain = Rounds(CrashMode.Plain, rounds);
        var powerCut = Rounds(CrashMode.Volatile, rounds);
        var flips = Flips();
        var planted = Rounds(CrashMode.SyncRemoved, PlantedRounds);
        output.WriteLine($"killed: {plain.Text}");
        output.WriteLine($"killed, unsynced writes dropped: {powerCut.Text}");
        var noticed = planted.Wrong.Length > 0 ? "noticed: " + planted.Wrong : "NOT NOTICED";
        output.WriteLine($"sync removed (planted): {noticed}");
        return plain.Wrong.Length == 0 && powerCut.Wrong.Length == 0 && flips && planted.Wrong.Length > 0;
    }

    /// <summary>Runs the rounds of one mode alone.</summary>
    /// <returns>Whether nothing was lost.</returns>
    public bool Run(CrashMode mode, int rounds)
    {
        var result = Rounds(mode, rounds);
        output.WriteLine($"{mode}: {result.Text}");
        return result.Wrong.Length == 0;
    }

    private (string Text, string Wrong) Rounds(CrashMode mode, int rounds)
    {
        foreach (var old in (string[])[folder, folder + "-snapshots"])
        {
            if (Directory.Exists(old))
            {
                Directory.Delete(old, recursive: true);
            }
        }

        _acknowledged.Clear();
        _snapshot = 0;
        var highest = 0UL;
        var torn = 0;
        var killedIdle = 0;
        for (var round = 0; round < rounds; round++)
        {
            var wrong = Round(mode, round, ref highest, ref torn, ref killedIdle);
            if (wrong.Length > 0)
            {
                return ($"round {round}: {wrong}", wrong);
            }
        }

        return (string.Create(
            CultureInfo.InvariantCulture,
            $"{rounds} rounds, {highest} entries and {_snapshot} snapshots acknowledged, 0 lost, 0 bad accepted, "
            + $"{torn} torn ends, {killedIdle} kills before the first acknowledgement"), "");
    }

    private string Round(CrashMode mode, int round, ref ulong highest, ref int torn, ref int killedIdle)
    {
        var fate = StableHash.Mix(seed, (ulong)round);
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(CrashBench).Assembly.Location);
        }

        string[] arguments = ["crash-child", "--folder", folder, "--mode", $"{mode}", "--seed", $"{fate}"];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var child = Process.Start(start)!;
        var said = child.StandardError.ReadToEndAsync();
        var before = highest;
        using var first = new ManualResetEventSlim();
        var reading = Task.Run(() => ReadAcknowledgements(child.StandardOutput.BaseStream, first));

        // Most often among the writes, sometimes while it starts and recovers.
        var isLate = fate % 4 != 0;
        if (isLate && !first.Wait(_patience))
        {
            child.Kill();
            return "nothing was acknowledged: " + said.Result;
        }

        var isKilled = !child.WaitForExit(TimeSpan.FromMilliseconds((fate >> 8) % (isLate ? 150UL : 600UL)));
        child.Kill();
        child.WaitForExit();
        var last = reading.Wait(_patience) ? reading.Result : throw new TimeoutException("the pipe stays open");
        if (!isKilled)
        {
            return "the child ended by itself: " + said.Result;
        }

        highest = Math.Max(highest, last);
        killedIdle += highest == before ? 1 : 0;
        using var snapshots = new CrashSnapshots(CrashChild.FilesOf(folder, CrashMode.Plain));
        var bad = snapshots.Look(_snapshot);
        return bad.Length > 0 ? bad : Look(round % WholeLookEvery == 0, highest, ref torn);
    }

    private ulong ReadAcknowledgements(Stream pipe, ManualResetEventSlim first)
    {
        var record = new byte[CrashChild.RecordSize];
        var last = 0UL;
        while (pipe.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) == record.Length)
        {
            var index = BinaryPrimitives.ReadUInt64LittleEndian(record);
            var term = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(40));
            if (term == CrashChild.SnapshotMark)
            {
                _snapshot = index;
                continue;
            }

            last = index;
            first.Set();
            _acknowledged[last] = (ChainHash.From(record.AsSpan(8)), term);
        }

        return last;
    }

    // Looks by a process that keeps nothing back: this one.
    private string Look(bool isWhole, ulong highest, ref int torn)
    {
        using var host = new WalHost(folder, CrashChild.Options);
        if (host.OpenError != WalOpenError.None)
        {
            return host.OpenError.ToString();
        }

        if (host.Report is not { } report)
        {
            return highest == 0 ? "" : "the disk is blank";
        }

        torn += report.Findings.Count(finding => finding.Kind == WalFindingKind.TornTail);
        var bad = report.Findings.FirstOrDefault(
            finding => finding.Kind is not (WalFindingKind.TornTail or WalFindingKind.SuperblockSlot));
        if (bad != default)
        {
            return bad.ToString();
        }

        if (report.LastIndex < highest)
        {
            return $"entry {highest} was acknowledged, the log ends at {report.LastIndex}";
        }

        if (highest > 0 && report.HardState.Term < _acknowledged[highest].Term)
        {
            return $"term {_acknowledged[highest].Term} was acknowledged, {report.HardState.Term} is known";
        }

        var recent = Math.Max(report.FirstIndex, highest - Math.Min(highest, 50));
        return Compare(host, isWhole ? report.FirstIndex : recent);
    }

    private string Compare(WalHost host, ulong from)
    {
        if (from > host.Log.DurableIndex)
        {
            return "";
        }

        var wrong = "";
        host.ReadAll(
            from,
            header =>
            {
                if (_acknowledged.TryGetValue(header.Index, out var known) && known.Chain != header.ChainHash)
                {
                    wrong = $"entry {header.Index} is another one than was acknowledged";
                }
            },
            out var end);
        return end == ReadOutcome.End ? wrong : $"reading ended with {end}";
    }

    // One bit in each kind of file, in copies of what the last round has left.
    private bool Flips()
    {
        var isNoticed = true;
        foreach (var kind in (FileKind[])[FileKind.Superblock, FileKind.Segment])
        {
            var copy = folder + "-flipped";
            Directory.CreateDirectory(copy);
            foreach (var file in Directory.EnumerateFiles(folder))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
            }

            var prefix = kind == FileKind.Superblock ? "superblock" : "segment";
            var flipped = Directory.EnumerateFiles(copy, prefix + "-*").Order().First();
            Flip(flipped, kind == FileKind.Superblock ? 60 : 500);
            using (var host = new WalHost(copy, CrashChild.Options))
            {
                var found = host.Report?.Findings.FirstOrDefault(finding => finding.Kind != WalFindingKind.TornTail);
                isNoticed &= found is { Kind: not WalFindingKind.None };
                output.WriteLine($"flipped bit in {Path.GetFileName(flipped)}: {found?.Kind} at {found?.Offset}");
            }

            Directory.Delete(copy, recursive: true);
        }

        return isNoticed & SnapshotFlips();
    }

    // In the log of FASTER and in the file that makes a snapshot one: the newest is not accepted.
    private bool SnapshotFlips()
    {
        var isNoticed = true;
        foreach (var prefix in (string[])["snapshot-", "log-"])
        {
            var store = folder + "-snapshots";
            var copy = folder + "-flipped-snapshots";
            Directory.CreateDirectory(copy);
            foreach (var file in Directory.EnumerateFiles(store))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
            }

            foreach (var file in Directory.EnumerateFiles(copy, prefix + "*"))
            {
                Flip(file, 700);
            }

            using (var snapshots = new CrashSnapshots(CrashChild.FilesOf(folder + "-flipped", CrashMode.Plain)))
            {
                var found = snapshots.Look(_snapshot);
                isNoticed &= found.Length > 0;
                output.WriteLine($"flipped bit in {prefix}…: {found}");
            }

            Directory.Delete(copy, recursive: true);
        }

        return isNoticed;
    }

    private static void Flip(string path, long offset)
    {
        using var stream = File.Open(path, FileMode.Open);
        stream.Position = offset;
        var value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 4));
    }
}
