using System.Diagnostics;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Feed;

/// <summary>
/// Sends one stream on a connection of its own, one batch under way, and holds every answer against what it must be.
/// With a rate, batches hold what is due, and latency counts from when a command was due; without one, from when it was
/// sent.
/// </summary>
internal sealed class FeedRun(string file, ClusterClient client, FeedPlan plan, double rate)
{
    private readonly List<long> _latencies = [];

    public string File => file;

    public FeedPlan Plan => plan;

    /// <summary>Commands answered.</summary>
    public long Commands { get; private set; }

    /// <summary>Batches they went in.</summary>
    public long Batches { get; private set; }

    /// <summary>Attempts that were repeated: nobody led, or a connection ended.</summary>
    public long Retries => client.Retries;

    /// <summary>Answers that were not what they must be.</summary>
    public long Different { get; private set; }

    /// <summary>The first of them; empty where there is none.</summary>
    public string FirstDifference { get; private set; } = "";

    /// <summary>The last entry that a batch was decided in.</summary>
    public ulong LastIndex { get; private set; }

    public TimeSpan Elapsed { get; private set; }

    public async Task RunAsync(CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var hasNext = await NextAsync(start, cancellation);
        while (hasNext)
        {
            var (bytes, expected) = (plan.Bytes, plan.Expected.ToArray());
            var sent = Stopwatch.GetTimestamp();
            var sending = client.SubmitAsync(bytes, (uint)expected.Length, cancellation);

            // Without a rate the next batch is made while this one is under way.
            var isMade = rate <= 0 && plan.TryNext(FeedPlan.CommandsMax);
            var reply = await sending;
            if (reply.Kind != ClientMessageKind.Committed)
            {
                throw new InputException($"{file}: a batch of {expected.Length} commands, {bytes.Length} bytes, is "
                    + $"refused: {reply.Refusal.Code}.");
            }

            Take(expected, reply, start, sent);
            hasNext = isMade || (rate > 0 && await NextAsync(start, cancellation));
        }

        Elapsed = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Latency that a part of the commands did not exceed.</summary>
    public TimeSpan Percentile(double part)
    {
        _latencies.Sort();
        return _latencies.Count == 0
            ? TimeSpan.Zero
            : Stopwatch.GetElapsedTime(0, _latencies[Math.Min(_latencies.Count - 1, (int)(part * _latencies.Count))]);
    }

    private async Task<bool> NextAsync(long start, CancellationToken cancellation)
    {
        if (rate <= 0)
        {
            return plan.TryNext(FeedPlan.CommandsMax);
        }

        while (true)
        {
            var due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * rate) + 1 - Commands;
            if (due > 0)
            {
                return plan.TryNext((int)Math.Min(due, FeedPlan.CommandsMax));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), cancellation);
        }
    }

    private void Take(CommandResult[] expected, ClientReply reply, long start, long sent)
    {
        var now = Stopwatch.GetTimestamp();
        LastIndex = reply.Commit.Index;
        Batches++;
        for (var i = 0; i < expected.Length; i++)
        {
            var due = rate > 0 ? start + (long)(Commands / rate * Stopwatch.Frequency) : sent;
            _latencies.Add(now - due);
            Commands++;
            if (!IsSame(in expected[i], in reply.Results[i]))
            {
                Differ(in expected[i], in reply.Results[i]);
            }
        }
    }

    private void Differ(in CommandResult expected, in CommandResult actual)
    {
        Different++;
        if (FirstDifference.Length == 0)
        {
            FirstDifference = $"command {Commands} of {file}, entry {actual.Index}: expected {Text(in expected)}, "
                + $"got {Text(in actual)}";
        }
    }

    // Ids, places and sequences are the cluster's own.
    private static bool IsSame(in CommandResult left, in CommandResult right) =>
        left.Code == right.Code && left.Kind == right.Kind && left.Status == right.Status
        && left.Executed == right.Executed && left.Remaining == right.Remaining && left.Notional == right.Notional;

    private static string Text(in CommandResult result) =>
        $"{EnumText.NameOf(result.Kind)} {EnumText.NameOf(result.Code)} {EnumText.NameOf(result.Status)} "
        + $"executed={result.Executed.Lots} remaining={result.Remaining.Lots} notional={result.Notional.Units}";
}
