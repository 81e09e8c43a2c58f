using System.CommandLine;
using System.Text.Json.Nodes;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>The verbs of those who run accounts.</summary>
internal static class AccountVerb
{
    private static readonly Argument<uint> _account = new("ACCOUNT") { Description = "The account's number." };
    private static readonly Argument<string> _asset = new("ASSET") { Description = "The asset's code, as KRW." };
    private static readonly Argument<string> _amount = new("AMOUNT") { Description = "Decimal." };
    private static readonly Option<uint> _owner = new("--owner")
    {
        Description = "The user who owns it.",
        HelpName = "USER",
        Required = true,
    };

    private static readonly Option<uint> _group = new("--group")
    {
        Description = "Accounts of one group do not trade with each other; 0 for none.",
        HelpName = "N",
        Required = true,
    };

    private static readonly Option<uint> _tier = new("--tier")
    {
        Description = "Its fee tier, 0 to 15.",
        HelpName = "N",
        Required = true,
    };

    private static readonly Option<bool> _trading = new("--trading") { Description = "It may not place orders." };
    private static readonly Option<bool> _withdrawals = new("--withdrawals") { Description = "It may not withdraw." };

    public static Command Create()
    {
        var open = new Command("open", """
            Opens an account for a user; id= is its number.

            Example: exchange account open --owner 2 --group 0 --tier 0 --ticket OPS-1 --reason "new customer"
            """)
        {
            _owner, _group, _tier,
        };
        var freeze = new Command("freeze", """
            Sets what an account may not do; without --trading and --withdrawals it may do everything again. The command
            sets group and tier as well: give them as they are to be.

            Example: exchange account freeze 2 --trading --group 0 --tier 0 --ticket INC-7 --reason "odd orders"
            """)
        {
            _account, _trading, _withdrawals, _group, _tier,
        };
        var show = new Command("show", """
            Shows what an account has and its open orders, as of now: a line=balance for each asset, a line=order for
            each order.

            Example: exchange account show 2
            """)
        {
            _account,
        };
        return new Command("account", "Opens, funds, shows and freezes accounts.")
        {
            ClusterVerbs.With(WriteOptions.OfStaff(open), OpenAsync),
            ClusterVerbs.With(WriteOptions.OfStaff(Money("deposit", "Credits")), DepositAsync),
            ClusterVerbs.With(WriteOptions.OfStaff(Money("withdraw", "Debits")), WithdrawAsync),
            ClusterVerbs.With(show, ShowAsync),
            ClusterVerbs.With(WriteOptions.OfStaff(freeze), FreezeAsync),
        };
    }

    private static Command Money(string name, string verb) => new(name, $"""
        {verb} an account.

        Example: exchange account {name} 2 KRW 1000000 --ticket PAY-3 --reason "bank transfer"
        """)
    {
        _account, _asset, _amount,
    };

    private static Task<int> OpenAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var account = new OpenAccount
        {
            Owner = new UserId(parsed.GetValue(_owner)),
            Group = parsed.GetValue(_group),
            Tier = parsed.GetValue(_tier),
        };
        return WriteOptions.SendAsync(
            parsed, desk, ClientCommand.Of(CommandKind.OpenAccount, account), cancellation);
    }

    private static async Task<int> DepositAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var (asset, amount) = await AmountOf(parsed, desk, cancellation);
        var deposit = new Deposit { Asset = asset, Amount = amount };
        return await WriteOptions.SendAsync(
            parsed, desk, ClientCommand.Of(CommandKind.Deposit, deposit, AccountOf(parsed)), cancellation);
    }

    private static async Task<int> WithdrawAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var (asset, amount) = await AmountOf(parsed, desk, cancellation);
        var withdraw = new Withdraw { Asset = asset, Amount = amount };
        return await WriteOptions.SendAsync(
            parsed, desk, ClientCommand.Of(CommandKind.Withdraw, withdraw, AccountOf(parsed)), cancellation);
    }

    private static Task<int> FreezeAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var freeze = (parsed.GetValue(_trading) ? AccountFreeze.Trading : AccountFreeze.None)
            | (parsed.GetValue(_withdrawals) ? AccountFreeze.Withdrawals : AccountFreeze.None);
        var account = new SetAccount
        {
            Freeze = (uint)freeze,
            Group = parsed.GetValue(_group),
            Tier = parsed.GetValue(_tier),
        };
        return WriteOptions.SendAsync(
            parsed, desk, ClientCommand.Of(CommandKind.SetAccount, account, AccountOf(parsed)), cancellation);
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var assets = await desk.AskAsync<AssetAnswer>(new QueryHeader { Kind = QueryKind.Assets }, cancellation);
        var query = new QueryHeader { Kind = QueryKind.Balances, Account = parsed.GetValue(_account) };
        var printer = new Printer(parsed);
        foreach (var balance in await desk.AskAsync<BalanceAnswer>(query, cancellation))
        {
            var asset = assets[(int)balance.Asset.Value - 1];
            printer.Row("balance", new JsonObject
            {
                ["asset"] = AssetText.Format(asset.Code),
                ["available"] = DecimalText.Format(balance.Available.Units, (int)asset.Scale),
                ["held"] = DecimalText.Format(balance.Held.Units, (int)asset.Scale),
            });
        }

        query.Kind = QueryKind.OpenOrders;
        foreach (var order in await desk.AskAsync<OrderAnswer>(query, cancellation))
        {
            printer.Row("order", Layouts.Of(order));
        }

        printer.End();
        return ExitCode.Done;
    }

    private static AccountId AccountOf(ParseResult parsed) => new(parsed.GetValue(_account));

    private static async Task<(AssetId Asset, Amount Amount)> AmountOf(
        ParseResult parsed, ClusterDesk desk, CancellationToken cancellation)
    {
        var asset = await desk.AssetAsync(parsed.GetRequiredValue(_asset), cancellation);
        var text = parsed.GetRequiredValue(_amount);
        return DecimalText.TryParseAmount(text, (int)asset.Scale, out var amount, out var error) && amount.Units > 0
            ? (asset.Asset, amount)
            : throw new InputException(
                $"amount {text}: {error}. An amount of {AssetText.Format(asset.Code)} is above 0 and has up to "
                + $"{asset.Scale} decimals.");
    }
}
