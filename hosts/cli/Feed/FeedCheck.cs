using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Logs;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Hosts.Cli.Feed;

/// <summary>
/// Replays a member's log beside the member and writes the reports of the streams from its events: trade for trade what
/// the cluster did, in the words of the file.
/// </summary>
internal sealed class FeedCheck
{
    private FeedCheck(string folder, ulong index, ulong stateHash, MatchingReport[] reports)
    {
        Folder = folder;
        Index = index;
        StateHash = stateHash;
        Reports = reports;
    }

    public string Folder { get; }

    /// <summary>The entry the replay went to.</summary>
    public ulong Index { get; }

    public ulong StateHash { get; }

    /// <summary>A report for each market.</summary>
    public IReadOnlyList<MatchingReport> Reports { get; }

    /// <summary>Replays up to an entry, once the member has it.</summary>
    public static async Task<FeedCheck> RunAsync(
        string folder, ulong index, IReadOnlyList<InstrumentId> markets, CancellationToken cancellation)
    {
        while (true)
        {
            using (var log = LogFolder.Open(folder, isLive: true))
            {
                if (log.Last >= index)
                {
                    return Replay(folder, log, index, markets);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }
    }

    private static FeedCheck Replay(string folder, LogFolder log, ulong index, IReadOnlyList<InstrumentId> markets)
    {
        var reports = markets.Select(_ => new MatchingReport()).ToArray();
        var places = markets.Select((market, place) => (market, place))
            .ToDictionary(pair => pair.market, pair => pair.place);
        using var replay = new LogReplay(log, snapshot: null);
        while (replay.Machine.AppliedIndex < index && replay.TryRead(out var header, out var payload))
        {
            replay.Apply(in header, payload);
            var reader = new EventReader(replay.Events.Written);
            while (reader.TryRead(out var happened))
            {
                // What an operator or a timer did is not the stream's: it has no sender's sequence.
                if (happened.CorrelationId != 0 && places.TryGetValue(happened.Instrument, out var place))
                {
                    reports[place].Tell(in happened);
                }
            }

            foreach (var report in reports)
            {
                report.TellModified();
            }
        }

        return new FeedCheck(folder, replay.Machine.AppliedIndex, replay.Machine.StateHash, reports);
    }
}
