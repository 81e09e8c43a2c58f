using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Cluster.Tests.Running;

/// <summary>A market with a seller, who has bitcoin, and a buyer, who has won.</summary>
internal static class Market
{
    public static readonly AssetId Bitcoin = new(1);
    public static readonly AssetId Won = new(2);
    public static readonly InstrumentId Instrument = new(1);
    public static readonly AccountId SellersAccount = new(2);
    public static readonly AccountId BuyersAccount = new(3);

    public static async Task FoundAsync(Desk desk)
    {
        Command[] commands =
        [
            StaffCommands.CreateAsset("BTC", 8),
            StaffCommands.CreateAsset("KRW", 0),
            StaffCommands.CreateInstrument("BTC-KRW", Bitcoin, Won),
            StaffCommands.CreateUser(Roles.Trader),
            StaffCommands.CreateUser(Roles.Trader),
            StaffCommands.OpenAccount(new UserId(2)),
            StaffCommands.OpenAccount(new UserId(3)),
            StaffCommands.Deposit(SellersAccount, Bitcoin, 1_000),
            StaffCommands.Deposit(BuyersAccount, Won, 1_000_000),
        ];
        foreach (var command in commands)
        {
            var result = await desk.KeyedAsync(command);
            Assert.Equal((command.Kind, RejectCode.None), (result.Kind, result.Code));
        }
    }

    public static Command Sell(long quantity) =>
        Commands.Limit(SellersAccount, Instrument, Side.Sell, price: 100, quantity);

    public static Command Buy(long quantity) =>
        Commands.Limit(BuyersAccount, Instrument, Side.Buy, price: 100, quantity);
}
