using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Logs;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>
/// Single commands and questions to the cluster. A command carries a key, drawn at random where none is given: it is
/// done once, whatever happens to leaders and connections, and can be asked for later.
/// </summary>
/// <param name="client">Speaks with whichever member leads.</param>
/// <param name="options">How it is reached.</param>
internal sealed class ClusterDesk(ClusterClient client, ClusterClientOptions options)
{
    public ClusterClientOptions Options => options;

    /// <summary>The key of the command that was sent last; zero before.</summary>
    public UInt128 LastKey { get; private set; }

    /// <summary>Sends a command under a key.</summary>
    /// <returns>Its row, and whether it was accepted.</returns>
    public async Task<(JsonObject Row, CommandResult Result)> SendAsync(
        byte[] command, UInt128 key, CancellationToken cancellation)
    {
        LastKey = key == 0 ? MemoryMarshal.Read<UInt128>(RandomNumberGenerator.GetBytes(16)) | 1 : key;
        ClientCommand.Key(command, LastKey, Clock.Now);
        var row = new JsonObject { ["key"] = LastKey.ToString("x32", null) };
        var reply = await SubmitAsync(command, cancellation);
        var result = reply.Results[0];
        LogText.Append(row, Layouts.Of(result));
        row["term"] = reply.Commit.Term;
        row["entry"] = reply.Commit.Index;
        row["chain_hash"] = reply.Commit.ChainHash.ToString();
        return (row, result);
    }

    /// <summary>Sends a command as it is.</summary>
    public async Task<ClientReply> SubmitAsync(byte[] command, CancellationToken cancellation)
    {
        var reply = await client.SubmitAsync(command, 1, cancellation);
        return reply.Kind == ClientMessageKind.Committed ? reply : throw Refused(reply);
    }

    /// <summary>Asks the leader.</summary>
    public async Task<T[]> AskAsync<T>(QueryHeader query, CancellationToken cancellation)
        where T : unmanaged
    {
        var reply = await client.QueryAsync(query, cancellation);
        return reply.Kind == ClientMessageKind.Answer ? reply.RowsOf<T>().ToArray() : throw Refused(reply);
    }

    /// <summary>Asks for an instrument and what its numbers mean.</summary>
    public async Task<Market> MarketAsync(string symbol, CancellationToken cancellation)
    {
        var assets = await AskAsync<AssetAnswer>(new QueryHeader { Kind = QueryKind.Assets }, cancellation);
        var instruments = await AskAsync<InstrumentAnswer>(
            new QueryHeader { Kind = QueryKind.Instruments }, cancellation);
        foreach (var instrument in instruments)
        {
            if (SymbolText.Format(instrument.Symbol) == symbol)
            {
                return new Market(instrument, assets);
            }
        }

        throw new InputException($"{symbol}: no such symbol. 'exchange symbol list' prints those there are.");
    }

    /// <summary>Asks for an asset by its code.</summary>
    public async Task<AssetAnswer> AssetAsync(string code, CancellationToken cancellation)
    {
        foreach (var asset in await AskAsync<AssetAnswer>(new QueryHeader { Kind = QueryKind.Assets }, cancellation))
        {
            if (AssetText.Format(asset.Code) == code)
            {
                return asset;
            }
        }

        throw new InputException($"{code}: no such asset. 'exchange symbol list' prints the markets there are.");
    }

    private static InputException Refused(ClientReply reply) => new(reply.Refusal.Code switch
    {
        RefusalCode.Forbidden => "Forbidden: the connection may not act on that account, or may only read.",
        RefusalCode.NotFound => "NotFound: there is no such thing, or it is another's. A finished order is in the log: "
            + "'exchange explain order'.",
        var code => $"Refused: {code}.",
    });
}
