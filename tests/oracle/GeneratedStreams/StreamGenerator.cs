using System.Globalization;
using System.Text;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Oracle.Tests.GeneratedStreams;

/// <summary>How wide a generated stream trades.</summary>
/// <param name="Name">Name of its files.</param>
/// <param name="Seed">Where the draws start.</param>
/// <param name="Prices">Prices in use: few make long queues, many make deep books.</param>
/// <param name="Count">Messages.</param>
internal sealed record StreamPlan(string Name, ulong Seed, int Prices, int Count);

/// <summary>
/// Makes order flow from a seed: crowded prices, partial fills, stale and repeated ids, cancels of what is gone. Which
/// order a message hits is drawn among all ids so far, so nothing here knows how matching goes.
/// </summary>
internal static class StreamGenerator
{
    private const int LowestPrice = 1_000;
    private const int QuantityMax = 40;

    // Far back ids are mostly gone; these are often alive.
    private const int RecentIds = 60;

    /// <summary>Messages of a matching stream.</summary>
    public static MatchingMessage[] Matching(StreamPlan plan)
    {
        var draws = new Draws(plan.Seed);
        var messages = new MatchingMessage[plan.Count];
        var ids = 0UL;
        for (var i = 0; i < messages.Length; i++)
        {
            ref var message = ref messages[i];
            var choice = draws.Below(100);
            message.Sequence = (ulong)i;
            message.Kind = choice < 60 ? MatchingKind.New : choice < 80 ? MatchingKind.Cancel : MatchingKind.Modify;
            message.Side = (Side)draws.Below(2);
            message.OrderId = message.Kind == MatchingKind.New ? ++ids : RecentId(draws, ids);
            if (message.Kind != MatchingKind.Cancel)
            {
                message.Price = LowestPrice + draws.Below(plan.Prices);
                message.Quantity = 1 + (uint)draws.Below(QuantityMax);
                message.ImmediateOrCancel = message.Kind == MatchingKind.New && draws.Below(6) == 0 ? (byte)1 : (byte)0;
            }
        }

        return messages;
    }

    /// <summary>A venue file, with the answers of a plain book.</summary>
    public static string Venue(StreamPlan plan)
    {
        var draws = new Draws(plan.Seed);
        var book = new PlainBook();
        var text = new StringBuilder();
        var ids = 0UL;
        for (var i = 0; i < plan.Count; i++)
        {
            if (i % 50 == 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"#,{i},{i},GENERATED\n");
            }

            var choice = draws.Below(100);
            var side = (Side)draws.Below(2);
            var price = LowestPrice + draws.Below(plan.Prices);
            var quantity = 1 + draws.Below(QuantityMax);
            var line = choice switch
            {
                < 55 => book.New(++ids, side, price, quantity),
                < 70 => book.Take(side, price, 2 * quantity),
                < 80 => book.Cancel(RecentId(draws, ids)),
                _ => book.Reduce(RecentId(draws, ids), quantity),
            };
            text.Append(line.Length == 0 ? "" : $"{line}\n");
        }

        return text.ToString();
    }

    private static ulong RecentId(Draws draws, ulong ids) =>
        draws.Below(8) == 0
            ? 1 + (ulong)draws.Below((int)ids + 2)
            : (ulong)Math.Max(1, (long)ids - draws.Below(RecentIds));

    /// <summary>Numbers from a seed, the same everywhere.</summary>
    private sealed class Draws(ulong seed)
    {
        private ulong _count;

        public int Below(int limit) => (int)(StableHash.Mix(seed, ++_count) % (uint)limit);
    }
}
