using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>The verbs of a trader: orders and the book.</summary>
internal static class OrderVerb
{
    private const string Row =
        "Prints one row: key= code= status= id= executed= remaining=, and where it was decided: entry= term= "
        + "chain_hash=. Ends with 1 where it is refused, and with 3 where nobody answered: send it again with the key "
        + "then named.";

    private static readonly Argument<string> _symbol = new("SYMBOL") { Description = "The market, as BTC-KRW." };
    private static readonly Argument<string> _side = new("SIDE") { Description = "buy or sell." };
    private static readonly Argument<string> _quantity = new("QUANTITY")
    {
        Description = "Of the base asset, decimal.",
    };

    private static readonly Argument<string?> _price = new("PRICE")
    {
        Description = "Decimal; none for a market order.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<ulong> _id = new("ID") { Description = "The order's id." };
    private static readonly Option<uint> _account = new("--account")
    {
        Description = "The account.",
        HelpName = "ID",
        Required = true,
    };

    private static readonly Option<string> _type = new("--type")
    {
        Description = "LIMIT, MARKET, STOP, STOP_LIMIT, TAKE_PROFIT, TAKE_PROFIT_LIMIT; else as there is a price.",
        HelpName = "TYPE",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<string> _timeInForce = new("--tif")
    {
        Description = "GOOD_TILL_CANCEL, IMMEDIATE_OR_CANCEL or FILL_OR_KILL; else as the type goes.",
        HelpName = "TIF",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<string?> _stop = new("--stop")
    {
        Description = "The stop price.",
        HelpName = "PRICE",
    };

    private static readonly Option<bool> _postOnly = new("--post-only") { Description = "Never takes." };
    private static readonly Option<bool> _test = new("--test") { Description = "Is checked, not placed." };
    private static readonly Option<uint> _levels = new("--levels")
    {
        Description = "Most levels of both sides together.",
        HelpName = "COUNT",
        DefaultValueFactory = _ => 20,
    };

    public static Command Create()
    {
        _side.AcceptOnlyFromAmong("buy", "sell");
        var place = new Command("place", $"""
            Places an order. {Row}

            Example: exchange order place BTC-KRW buy 0.5 90000000 --account 2
            """)
        {
            _symbol, _side, _quantity, _price, _account, _type, _timeInForce, _stop, _postOnly, _test,
        };
        var cancel = new Command("cancel", $"""
            Cancels an order. {Row}

            Example: exchange order cancel BTC-KRW 16777216 --account 2
            """)
        {
            _symbol, _id, _account,
        };
        var amend = new Command("amend", $"""
            Lowers an order's quantity; it keeps its priority. {Row}

            Example: exchange order amend BTC-KRW 16777216 0.3 --account 2
            """)
        {
            _symbol, _id, _quantity, _account,
        };
        var show = new Command("show", """
            Shows an open order, as of now. A finished one is in the log: 'exchange explain order'.

            Example: exchange order show 16777216
            """)
        {
            _id,
        };
        return new Command("order", "Places, cancels, amends and shows orders.")
        {
            ClusterVerbs.With(WriteOptions.OfTrader(place), PlaceAsync),
            ClusterVerbs.With(WriteOptions.OfTrader(cancel), CancelAsync),
            ClusterVerbs.With(WriteOptions.OfTrader(amend), AmendAsync),
            ClusterVerbs.With(show, ShowAsync),
        };
    }

    public static Command CreateBook() => ClusterVerbs.With(
        new Command("book", """
            Shows a market's book, as of now: line=market, then a line=level for each, bids from the best, then asks.

            Example: exchange book BTC-KRW --table
            """)
        {
            _symbol, _levels,
        },
        BookAsync);

    private static async Task<int> PlaceAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var market = await desk.MarketAsync(parsed.GetRequiredValue(_symbol), cancellation);
        var price = parsed.GetValue(_price);
        var type = EnumOf(parsed.GetRequiredValue(_type), price is null ? OrderType.Market : OrderType.Limit);
        var isMarket = type == OrderType.Market;
        var order = new PlaceOrder
        {
            Side = parsed.GetRequiredValue(_side) == "buy" ? Side.Buy : Side.Sell,
            Type = type,
            TimeInForce = EnumOf(
                parsed.GetRequiredValue(_timeInForce),
                isMarket ? TimeInForce.ImmediateOrCancel : TimeInForce.GoodTillCancel),
            Quantity = market.QuantityOf(parsed.GetRequiredValue(_quantity)),
            Price = price is null ? default : market.PriceOf(price),
            StopPrice = parsed.GetValue(_stop) is { } stop ? market.PriceOf(stop) : default,
            Flags = parsed.GetValue(_postOnly) ? PlaceOrder.PostOnlyFlag : (byte)0,
        };
        var account = new AccountId(parsed.GetValue(_account));
        if (!parsed.GetValue(_test))
        {
            var place = ClientCommand.Of(CommandKind.PlaceOrder, order, account, market.Id);
            return await WriteOptions.SendAsync(parsed, desk, place, cancellation);
        }

        var test = ClientCommand.Of(CommandKind.TestOrder, order, account, market.Id);
        var result = (await desk.SubmitAsync(test, cancellation)).Results[0];
        var printer = new Printer(parsed);
        printer.Row(Layouts.Of(result));
        printer.End();
        return result.Code == RejectCode.None ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<int> CancelAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var market = await desk.MarketAsync(parsed.GetRequiredValue(_symbol), cancellation);
        var command = ClientCommand.Of(
            CommandKind.CancelOrder,
            new CancelOrder { OrderId = new OrderId(parsed.GetValue(_id)) },
            new AccountId(parsed.GetValue(_account)),
            market.Id);
        return await WriteOptions.SendAsync(parsed, desk, command, cancellation);
    }

    private static async Task<int> AmendAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var market = await desk.MarketAsync(parsed.GetRequiredValue(_symbol), cancellation);
        var command = ClientCommand.Of(
            CommandKind.AmendOrder,
            new AmendOrder
            {
                OrderId = new OrderId(parsed.GetValue(_id)),
                Quantity = market.QuantityOf(parsed.GetRequiredValue(_quantity)),
            },
            new AccountId(parsed.GetValue(_account)),
            market.Id);
        return await WriteOptions.SendAsync(parsed, desk, command, cancellation);
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var rows = await desk.AskAsync<OrderAnswer>(
            new QueryHeader { Kind = QueryKind.Order, Id = parsed.GetValue(_id) }, cancellation);
        var printer = new Printer(parsed);
        printer.Row(Layouts.Of(rows[0]));
        printer.End();
        return ExitCode.Done;
    }

    private static async Task<int> BookAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var market = await desk.MarketAsync(parsed.GetRequiredValue(_symbol), cancellation);
        var levels = await desk.AskAsync<LevelAnswer>(
            new QueryHeader
            {
                Kind = QueryKind.Book,
                Instrument = market.Id.Value,
                CountMax = parsed.GetValue(_levels),
            },
            cancellation);
        var printer = new Printer(parsed);
        printer.Row("market", SymbolVerb.RowOf(market.Instrument));
        foreach (var level in levels)
        {
            printer.Row("level", new JsonObject
            {
                ["side"] = EnumText.NameOf(level.Side),
                ["price"] = market.Text(level.Price),
                ["quantity"] = market.Text(level.Visible),
                ["orders"] = level.Orders,
            });
        }

        printer.End();
        return ExitCode.Done;
    }

    private static T EnumOf<T>(string text, T otherwise)
        where T : unmanaged, Enum
    {
        if (text.Length == 0)
        {
            return otherwise;
        }

        return EnumText.TryParse<T>(text, out var value)
            ? value
            : throw new InputException(
                $"'{text}': one of {string.Join(", ", Enum.GetValues<T>().Select(EnumText.NameOf))}.");
    }
}
