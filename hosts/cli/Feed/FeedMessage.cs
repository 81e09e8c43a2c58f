using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Hosts.Cli.Feed;

/// <summary>What a message of a recorded stream does to an order.</summary>
internal enum FeedKind : byte
{
    New = 0,
    Cancel = 1,

    /// <summary>Takes it out and enters it anew, with another price and open quantity.</summary>
    Modify = 2,

    /// <summary>Lowers what is open by a quantity, in place.</summary>
    Reduce = 3,
}

/// <summary>One message of either format.</summary>
internal readonly record struct FeedMessage(
    FeedKind Kind, ulong Sequence, ulong OrderId, Side Side, long Price, long Quantity, bool IsImmediate)
{
    /// <summary>Reads a matching stream (.bin) or a venue's flow (.csv); either may end in .xz.</summary>
    /// <exception cref="InputException">The file cannot be read, or is of neither format.</exception>
    public static FeedMessage[] Read(string path)
    {
        var name = path.EndsWith(".xz", StringComparison.Ordinal) ? path[..^3] : path;
        return name.EndsWith(".csv", StringComparison.Ordinal)
            ? [.. VenueStream.Read(path).Where(line => line.Kind != VenueKind.Mark).Select(Of)]
            : [.. MatchingStream.Read(path).Select(Of)];
    }

    private static FeedMessage Of(MatchingMessage message, int place)
    {
        MatchingReplay.Check(in message, place);
        return new FeedMessage(
            (FeedKind)message.Kind, message.Sequence, message.OrderId, message.Side, message.Price, message.Quantity,
            message.ImmediateOrCancel != 0);
    }

    private static FeedMessage Of(VenueLine line) => new(
        line.Kind switch
        {
            VenueKind.Cancel => FeedKind.Cancel,
            VenueKind.Reduce or VenueKind.Adjust => FeedKind.Reduce,
            _ => FeedKind.New,
        },
        (ulong)line.Number,
        line.OrderId,
        line.Side,
        line.Price,
        line.Quantity,
        line.Kind == VenueKind.Take);
}
