using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Ledger;

namespace Exchange.Rsm.StateMachine.Tests.Ledger;

/// <summary>A ledger, the journal a host would have stored, and the script that feeds both.</summary>
internal sealed class Books
{
    public GeneralLedger Ledger { get; private set; } = new();

    public List<JournalEntry> Journal { get; } = [];

    public ScriptedCore Core { get; } = new();

    /// <summary>
    /// One listed instrument (a lot is 10 coin units, a tick on a lot 5 cash units), Alice with 10,000 cash and Bob
    /// with 1,000 coin.
    /// </summary>
    public static Books Funded()
    {
        var books = new Books();
        books.Core.List().Deposit(ScriptedCore.Alice, ScriptedCore.Cash, 10_000)
            .Deposit(ScriptedCore.Bob, ScriptedCore.Coin, 1_000);
        books.Apply();
        return books;
    }

    /// <summary>As funded; Alice bids (order 1, 1,100 cash held), Bob asks (order 2, 100 coin held).</summary>
    public static Books Quoted()
    {
        var books = Funded();
        books.Core.Accept(1, ScriptedCore.Alice, Side.Buy, 1_100).Accept(2, ScriptedCore.Bob, Side.Sell, 100);
        books.Apply();
        return books;
    }

    /// <summary>Applies what the script wrote; it must be accepted.</summary>
    public LedgerResult Apply()
    {
        var result = Ledger.Apply(Core.Take(), Journal);
        Assert.Equal(LedgerError.None, result.Error);
        return result;
    }

    /// <summary>Applies what the script wrote; it must be refused and leave no trace.</summary>
    public LedgerResult Refuse(LedgerError error) => Refuse(error, Core.Take());

    public LedgerResult Refuse(LedgerError error, byte[] delivery)
    {
        var before = (Ledger.View.StateHash, Journal.Count, Ledger.View.AccountCount, Ledger.View.AssetCount);
        var result = Ledger.Apply(delivery, Journal);
        Assert.Equal(error, result.Error);
        Assert.Equal(
            before, (Ledger.View.StateHash, Journal.Count, Ledger.View.AccountCount, Ledger.View.AssetCount));
        Assert.Equal(0, result.Applied);
        Assert.Equal(LedgerError.None, Ledger.View.Audit());
        return result;
    }

    /// <summary>Ends this process and starts another from the stored journal.</summary>
    public void Restart()
    {
        Assert.Equal(LedgerError.None, LedgerView.TryRebuild([.. Journal], out var view).Error);
        Assert.Equal(Ledger.View.StateHash, view.StateHash);
        Ledger = new GeneralLedger(view);
    }

    /// <summary>The books are whole, and the balances are the script's.</summary>
    public void AssertEqualToCore()
    {
        Assert.Equal(LedgerError.None, Ledger.View.Audit());
        foreach (var account in (AccountId[])[ScriptedCore.House, ScriptedCore.Alice, ScriptedCore.Bob])
        {
            foreach (var asset in (AssetId[])[ScriptedCore.Coin, ScriptedCore.Cash])
            {
                Assert.Equal(Core.Available(account, asset), Ledger.Available(account, asset).Units);
                Assert.Equal(Core.Held(account, asset), Ledger.Held(account, asset).Units);
                Assert.Equal(Int128.Zero, Ledger.View.TrialBalance(asset).Sum.Units);
            }
        }
    }

    /// <summary>The entry as text: a line for the head, one for each leg.</summary>
    public static string Text(JournalEntry entry)
    {
        var legs = entry.Postings.Select(leg => Name(leg.Account)
            + (leg.Order.Value == 0 ? "" : $" order {leg.Order.Value}")
            + $" {leg.Amount.Units.ToString("+0;-0", null)}");
        return string.Join('\n', legs.Prepend(entry.Kind.ToString()));
    }

    private static string Name(LedgerAccount account)
    {
        var owner = account.Account.Value switch { 0 => "", 1 => "House ", 2 => "Alice ", 3 => "Bob ", _ => "? " };
        return $"{owner}{account.Kind} {(account.Asset == ScriptedCore.Coin ? "coin" : "cash")}";
    }
}
