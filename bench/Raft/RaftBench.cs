using System.CommandLine;
using System.Globalization;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Bench.Raft;

/// <summary>
/// Commands a second through three nodes in memory, beside what the machine needs for the hashing alone: each entry is
/// sealed by the leader and verified by two followers, so its checksum and chain hash are computed three times.
/// </summary>
internal static class RaftBench
{
    private const int CommandBytes = 128;

    public static Command Verb()
    {
        var commands = Number("--commands", "How many commands a round.", 4_000_000);
        var batch = Number("--batch", "Commands in an entry.", 64);
        var rounds = Number("--rounds", "How often it is timed; the middle one counts.", 3);
        var verb = new Command("raft", "Three nodes in memory, 128-byte commands, checksums and hashes on, one thread.")
        {
            commands, batch, rounds,
        };
        verb.SetAction(parsed => Run(
            parsed.GetValue(commands),
            Math.Max(1, parsed.GetValue(batch)),
            Math.Max(1, parsed.GetValue(rounds)),
            Console.Out));
        return verb;
    }

    private static int Run(int commands, int batch, int rounds, TextWriter output)
    {
        // A ring that stays in the cache: what is older than a few hundred entries was applied by all.
        var options = new RaftOptions { RingBytes = 4 << 20, RingEntries = 1 << 10, UncommittedEntriesMax = 256 };
        using var trio = new RaftTrio(batch, CommandBytes, options);
        var hashing = new Timing("hashing alone, three times", commands);
        var consensus = new Timing("three nodes", commands);
        trio.Run(commands / 4);
        for (var round = 0; round < rounds; round++)
        {
            hashing.Measure(() => Hash(commands / batch, batch * CommandBytes));
            consensus.Measure(() => trio.Run(commands));
        }

        output.WriteLine(Timing.Heading);
        output.WriteLine(hashing.Row());
        output.WriteLine(consensus.Row());
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{1e9 / consensus.Median:F0} commands/s in batches of {batch}, "
            + $"{consensus.Median / hashing.Median:F2} times the hashing alone"));
        return 0;
    }

    private static void Hash(int entries, int bytes)
    {
        using var hasher = new ChainHasher();
        var payload = new byte[bytes];
        var header = new EntryHeader { Kind = EntryKind.Commands };
        var chain = ChainHash.Genesis;
        for (var i = 0; i < 3 * entries; i++)
        {
            EntryCodec.Seal(ref header, payload, in chain, hasher);
            chain = header.ChainHash;
        }
    }

    private static Option<int> Number(string name, string description, int value) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => value,
    };
}
