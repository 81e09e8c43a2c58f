using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Feed;

/// <summary>The two assets that all streams are traded in; made where they are missing.</summary>
internal sealed record FeedAssets(AssetId Base, AssetId Quote)
{
    private const string BaseCode = "FEEDBASE";
    private const string QuoteCode = "FEEDCASH";

    public static async Task<FeedAssets> CreateAsync(SendFeedCommand send, params IReadOnlyList<AssetAnswer> known) =>
        new(await FindAsync(send, BaseCode, known), await FindAsync(send, QuoteCode, known));

    private static async Task<AssetId> FindAsync(SendFeedCommand send, string text, IReadOnlyList<AssetAnswer> known)
    {
        var isCode = AssetText.TryParse(text, out var code, out _);
        Invariant.Check(isCode);
        foreach (var asset in known)
        {
            if (asset.Code == code)
            {
                return asset.Asset;
            }
        }

        var made = await FeedMarket.MakeAsync(
            send, ClientCommand.Of(CommandKind.CreateAsset, new CreateAsset { Code = code }));
        return new AssetId((uint)made);
    }
}
