using Exchange.Rsm.Bench.Streams;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Bench.Full;

/// <summary>
/// What must stand before the first operation: instruments with fees and wide limits, users, accounts, sessions, money.
/// Every check of an order is on; the limits are so wide that none refuses.
/// </summary>
internal static class FullSetup
{
    private const int CommandsPerEntry = 512;
    private const int ForgottenPerEntry = 64;
    private const int MakerRate = 100;
    private const int TakerRate = 300;
    private const uint QuoteAsset = 1;

    private static readonly Int128 _funds = Int128.One << 80;

    /// <summary>Appends the entries of the setup.</summary>
    /// <param name="script">Receives them.</param>
    /// <param name="stream">Whose instruments, accounts and sales.</param>
    /// <param name="keyRetention">How long keys are remembered, nanoseconds.</param>
    public static void Append(EntryScript script, OperationStream stream, long keyRetention)
    {
        var count = 0;
        foreach (var command in Commands(stream, keyRetention))
        {
            command.Keyed((UInt128)(++count), script.Now);
            script.Append(command.Bytes);
            if (count == 1)
            {
                // The policy's own key still has the default retention, and nothing behind it in the queue goes first.
                script.EndEntry(1);
                script.EndEntry(DefaultPolicy.Global.KeyRetention + 1);
            }
            else if (count % CommandsPerEntry == 0)
            {
                script.EndEntry(1);
            }
        }

        // The setup's own keys are forgotten first: what is measured is the stream.
        script.EndEntry(1);
        for (var forgotten = 0; forgotten <= count; forgotten += ForgottenPerEntry)
        {
            script.EndEntry(keyRetention + 1);
        }
    }

    private static IEnumerable<Command> Commands(OperationStream stream, long keyRetention)
    {
        yield return StaffCommands.SetPolicy(DefaultPolicy.Global with
        {
            RateCount = uint.MaxValue,
            OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit,
            KeysMax = uint.MaxValue,
            KeyRetention = keyRetention,
        });
        yield return StaffCommands.SetFees(0, 0, MakerRate, TakerRate);
        yield return StaffCommands.CreateAsset("QUOTE", 8);
        for (var symbol = 0; symbol < stream.Symbols; symbol++)
        {
            yield return StaffCommands.CreateAsset($"B{symbol}", 8);
            yield return StaffCommands.CreateInstrument(
                $"B{symbol}-QUOTE", BaseAssetOf(symbol), new AssetId(QuoteAsset));
            yield return StaffCommands.SetPolicy(
                OperationCommands.InstrumentOf(symbol),
                DefaultPolicy.Instrument with { OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit });
        }

        for (var account = 1; account <= stream.Accounts; account++)
        {
            yield return StaffCommands.CreateUser(Roles.Trader);
            yield return StaffCommands.OpenAccount(OperationCommands.UserOf(account));
            yield return Simulation.Workloads.Commands.OpenSession(OperationCommands.AccountOf(account))
                .By(OperationCommands.UserOf(account));
            yield return StaffCommands.Deposit(
                OperationCommands.AccountOf(account), new AssetId(QuoteAsset), _funds);
        }

        foreach (var (account, symbol) in Sellers(stream))
        {
            yield return StaffCommands.Deposit(OperationCommands.AccountOf(account), BaseAssetOf(symbol), _funds);
        }
    }

    private static AssetId BaseAssetOf(int symbol) => new((uint)symbol + 2);

    private static HashSet<(int Account, int Symbol)> Sellers(OperationStream stream)
    {
        var sellers = new HashSet<(int, int)>();
        foreach (ref readonly var operation in stream.Operations.AsSpan())
        {
            if (operation.Kind <= OperationKind.ImmediateOrCancel && operation.Side == Side.Sell)
            {
                sellers.Add((operation.Account, operation.Symbol));
            }
        }

        return sellers;
    }
}
