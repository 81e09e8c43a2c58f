using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>The verbs of those who run the markets.</summary>
internal static class SymbolVerb
{
    private static readonly Argument<string> _symbol = new("SYMBOL") { Description = "The market, as BTC-KRW." };
    private static readonly Argument<string> _mode = new("MODE")
    {
        Description = "NORMAL, CANCEL_ONLY, SOFT_HALT, AUCTION or HARD_HALT.",
    };

    private static readonly Argument<string> _code = new("CODE") { Description = "The asset, as BTC." };
    private static readonly Argument<byte> _scale = new("SCALE") { Description = "Its decimal places, 0 to 18." };
    private static readonly Option<ushort> _reasonCode = new("--reason-code")
    {
        Description = "A number of one's own for the reason, kept in the event.",
        HelpName = "N",
    };

    private static readonly Option<long> _lot = new("--lot-units")
    {
        Description = "Base minor units of a lot.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<long> _notional = new("--notional-units")
    {
        Description = "Quote minor units of one lot at one tick.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string?> _only = new("--symbol")
    {
        Description = "Only there.",
        HelpName = "SYMBOL",
    };

    private static readonly Option<uint> _account = new("--account") { Description = "Only its.", HelpName = "ID" };

    public static Command Create()
    {
        _mode.AcceptOnlyFromAmong([.. Enum.GetValues<SymbolMode>().Select(EnumText.NameOf)]);
        return new Command("symbol", "Lists and creates markets, and sets their mode.")
        {
            ClusterVerbs.With(
                new Command("list", """
                    Lists the markets, as of now.

                    Example: exchange symbol list --table
                    """),
                ListAsync),
            ClusterVerbs.With(
                WriteOptions.OfStaff(new Command("mode", """
                    Sets a market's mode. In CANCEL_ONLY orders only leave, in SOFT_HALT nothing enters, in HARD_HALT
                    nothing moves; AUCTION gathers orders and leaving it for NORMAL uncrosses them.

                    Example: exchange symbol mode BTC-KRW CANCEL_ONLY --ticket INC-7 --reason "odd prices"
                    """)
                {
                    _symbol, _mode, _reasonCode,
                }),
                ModeAsync),
            ClusterVerbs.With(
                WriteOptions.OfStaff(new Command("create", """
                    Creates a market of two assets; its symbol is BASE-QUOTE.

                    Example: exchange symbol create BTC-KRW --lot-units 100000000 --ticket OPS-1 --reason "new market"
                    """)
                {
                    _symbol, _lot, _notional,
                }),
                CreateAsync),
            ClusterVerbs.With(
                WriteOptions.OfStaff(new Command("asset", """
                    Creates an asset.

                    Example: exchange symbol asset BTC 8 --ticket OPS-1 --reason "new asset"
                    """)
                {
                    _code, _scale,
                }),
                AssetAsync),
        };
    }

    public static Command CreateCancelAll() => ClusterVerbs.With(
        WriteOptions.OfStaff(new Command("cancel-all", """
            Cancels all orders of an account, of a market, or of an account in a market, in order of id. Without an
            account it is an operator's. At most as many as the policy's steps at once: id= counts them, send it again.

            Example: exchange cancel-all --symbol BTC-KRW --ticket INC-7 --reason "odd prices"
            """)
        {
            _only, _account,
        }),
        CancelAllAsync);

    /// <summary>A market as a row.</summary>
    public static JsonObject RowOf(in InstrumentAnswer instrument)
    {
        var row = new JsonObject { ["symbol"] = SymbolText.Format(instrument.Symbol) };
        foreach (var (key, value) in Layouts.Of(instrument))
        {
            row.TryAdd(key, value?.DeepClone());
        }

        return row;
    }

    private static async Task<int> ListAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var printer = new Printer(parsed);
        var query = new QueryHeader { Kind = QueryKind.Instruments };
        foreach (var instrument in await desk.AskAsync<InstrumentAnswer>(query, cancellation))
        {
            printer.Row(RowOf(instrument));
        }

        printer.End();
        return ExitCode.Done;
    }

    private static async Task<int> ModeAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var market = await desk.MarketAsync(parsed.GetRequiredValue(_symbol), cancellation);
        if (!EnumText.TryParse<SymbolMode>(parsed.GetRequiredValue(_mode), out var mode))
        {
            throw new InputException($"{parsed.GetRequiredValue(_mode)}: no such mode.");
        }

        if (market.Instrument.Mode == mode)
        {
            throw new InputException($"{market.Symbol} is in {EnumText.NameOf(mode)} already: nothing was sent.");
        }

        var command = ClientCommand.Of(
            CommandKind.SetSymbolMode,
            new SetSymbolMode { Mode = mode, Reason = parsed.GetValue(_reasonCode) },
            instrument: market.Id);
        return await WriteOptions.SendAsync(parsed, desk, command, cancellation);
    }

    private static async Task<int> CreateAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var symbol = parsed.GetRequiredValue(_symbol);
        if (!SymbolText.TryParse(symbol, out var code, out var error))
        {
            throw new InputException($"{symbol}: {error}. A symbol is BASE-QUOTE, of A-Z and 0-9.");
        }

        var parts = symbol.Split('-');
        var command = ClientCommand.Of(CommandKind.CreateInstrument, new CreateInstrument
        {
            Symbol = code,
            BaseAsset = (await desk.AssetAsync(parts[0], cancellation)).Asset,
            QuoteAsset = (await desk.AssetAsync(parts[1], cancellation)).Asset,
            LotUnits = parsed.GetValue(_lot),
            NotionalUnits = parsed.GetValue(_notional),
        });
        return await WriteOptions.SendAsync(parsed, desk, command, cancellation);
    }

    private static Task<int> AssetAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var text = parsed.GetRequiredValue(_code);
        if (!AssetText.TryParse(text, out var code, out var error))
        {
            throw new InputException($"{text}: {error}. A code is 1 to 8 of A-Z and 0-9.");
        }

        var asset = new CreateAsset { Code = code, Scale = parsed.GetValue(_scale) };
        return WriteOptions.SendAsync(
            parsed, desk, ClientCommand.Of(CommandKind.CreateAsset, asset), cancellation);
    }

    private static async Task<int> CancelAllAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var instrument = parsed.GetValue(_only) is { } symbol
            ? (await desk.MarketAsync(symbol, cancellation)).Id
            : default;
        var account = new AccountId(parsed.GetValue(_account));
        if (instrument.Value == 0 && account.Value == 0)
        {
            throw new InputException("Whose orders? Give --symbol, --account or both.");
        }

        var command = ClientCommand.Of(CommandKind.CancelAll, default(CancelAll), account, instrument);
        return await WriteOptions.SendAsync(parsed, desk, command, cancellation);
    }
}
