using System.Diagnostics;
using System.Globalization;
using Exchange.Rsm.Replication.Wal;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>
/// Entries a second by how many are given at a time, against what the device does with writes of the same size and
/// nothing else: dd, direct and synchronous, over zero-written space of the same file system, in the same minute.
/// </summary>
internal sealed class WalBench(string folder, int rounds, TextWriter output)
{
    private const int PayloadLength = 128;
    private const int RoundMilliseconds = 1_000;
    private static readonly int[] _batches = [1, 16, 64, 256, 1024, 4096];
    private readonly byte[] _payload = new byte[PayloadLength];

    /// <summary>Runs.</summary>
    /// <returns>Whether each batch reaches 0.8 of the device's own rate.</returns>
    public bool Run()
    {
        Directory.CreateDirectory(folder);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{"entries",8} {"bytes",9} {"dd /s",9} {"groups /s",10} {"ratio",6} {"entries /s",12} {"MB/s",8}"));
        var isFast = true;
        foreach (var batch in _batches)
        {
            isFast &= Measure(batch);
        }

        return isFast;
    }

    private bool Measure(int batch)
    {
        var raw = new List<double>();
        var groups = new List<double>();
        var bytes = GroupBytes(batch);
        for (var round = 0; round < rounds; round++)
        {
            var log = Path.Combine(folder, "log");
            using (var host = new WalHost(log, new WalOptions { SegmentsAhead = 2 }))
            {
                groups.Add(Groups(host, batch));
            }

            Directory.Delete(log, recursive: true);
            raw.Add(DeviceRate(bytes));
        }

        raw.Sort();
        groups.Sort();
        var device = raw[raw.Count / 2];
        var ours = groups[groups.Count / 2];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{batch,8} {bytes,9} {device,9:F0} {ours,10:F0} {ours / device,6:F2} {ours * batch,12:F0} "
            + $"{ours * bytes / 1e6,8:F1}"));
        return ours >= 0.8 * device;
    }

    // What the disk is asked to write for one group of so many entries.
    private static int GroupBytes(int batch) => (272 + (batch * (16 + 96 + PayloadLength)) + 4095) / 4096 * 4096;

    // One group at a time, each given in full before the one before has ended, as a busy member does.
    private double Groups(WalHost host, int batch)
    {
        using var maker = new EntryMaker(0, 1, default);
        var ticket = 0UL;
        var log = host.Log;
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < RoundMilliseconds)
        {
            for (var i = 0; i < batch; i++)
            {
                ref readonly var header = ref maker.Next(_payload);
                while (log.Append(ticket + 1, in header, _payload) != WalRefusal.None)
                {
                    host.Submit();
                    host.WaitForOne();
                }

                ticket++;
            }

            // The batch goes out as one group: the one before it must have ended.
            while (log.DurableTicket < ticket - (ulong)batch)
            {
                host.WaitForOne();
            }

            host.Submit();
            log.Release(log.DurableIndex);
        }

        while (log.DurableTicket < ticket)
        {
            host.Submit();
            host.WaitForOne();
        }

        return ticket / (double)batch / watch.Elapsed.TotalSeconds;
    }

    private double DeviceRate(int bytes)
    {
        var file = Path.Combine(folder, "raw");
        var count = Math.Clamp((32 << 20) / bytes, 64, 8_000);
        Dd($"if=/dev/zero of={file} bs={bytes} count={count} conv=fsync");
        var seconds = Dd($"if=/dev/zero of={file} bs={bytes} count={count} oflag=direct,dsync conv=notrunc");
        File.Delete(file);
        return count / seconds;
    }

    // dd says itself how long it took: "4096 bytes copied, 0.0123 s, ...".
    private static double Dd(string arguments)
    {
        var start = new ProcessStartInfo("dd", arguments) { RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        var parts = said.Split(", ");
        if (process.ExitCode != 0 || parts.Length < 3)
        {
            throw new InvalidOperationException("dd: " + said);
        }

        return double.Parse(parts[^2].Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
