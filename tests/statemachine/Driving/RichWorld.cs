using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.StateMachine.Tests.Driving;

/// <summary>A state in which every table has at least two records (but the one that can only have one).</summary>
internal static class RichWorld
{
    private const uint Tier = 3;

    public static Venue Create()
    {
        var venue = new Venue();
        venue.Accept(StaffCommands.CreateInstrument("CASH-COIN", Venue.Cash, Venue.Coin, 4, 5, SymbolMode.Auction));
        venue.AddUser(Roles.Trader | Roles.Operator);
        venue.Accept(StaffCommands.CreateApiKey(Venue.Alice, 101, permissions: 1, expiresAt: 7));
        venue.Accept(StaffCommands.CreateApiKey(Venue.Bob, 102));
        venue.Accept(StaffCommands.ProposeAdjustment(Venue.Alice, Venue.Cash, 17, reference: 18));
        venue.Accept(StaffCommands.ProposeAdjustment(Venue.Bob, Venue.Coin, -19, reference: 20));
        venue.Accept(StaffCommands.SetFees(schedule: 0, tier: 0, maker: 100, taker: 200));
        venue.Accept(StaffCommands.SetFees(schedule: 2, Tier, maker: 300, taker: 400));
        venue.Accept(ServiceCommands.ClaimDrain(7));
        venue.Accept(ServiceCommands.ClaimDrain(8));
        venue.Accept(ServiceCommands.AnnounceBehaviour(1, 1, voter: true));
        venue.Accept(ServiceCommands.AnnounceBehaviour(2, 2, voter: false));
        venue.Accept(Commands.SetDeadManSwitch(Venue.Bob, 3 * Venue.Second));
        venue.SetPolicy(policy => policy with { BandBasisPoints = 9_000 });
        AddSessions(venue);
        AddOrders(venue);
        return venue;
    }

    private static void AddSessions(Venue venue)
    {
        foreach (var account in (AccountId[])[Venue.Alice, Venue.Bob])
        {
            var session = venue.OpenSession(account, grace: 5 * Venue.Second);
            venue.Send(Commands.CancelAll(account).InSession(session, 1));
            venue.Send(Commands.CancelAll(account).InSession(session, 2));
            venue.Accept(ServiceCommands.SetConnection(session, connected: false));
        }
    }

    private static void AddOrders(Venue venue)
    {
        venue.Place(Commands.Limit(
            Venue.Alice,
            Venue.Market,
            Side.Buy,
            100,
            10,
            TimeInForce.GoodTillDate,
            display: 4,
            expiresAt: venue.Now + Venue.Second,
            prevention: SelfTradePrevention.Decrement,
            clientOrderId: 555));
        venue.Place(Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, 100, 3, clientOrderId: 556));
        venue.Place(Commands.Waiting(
            Venue.Bob, Venue.Market, Side.Sell, OrderType.StopLimit, stop: 50, quantity: 6, price: 49, postOnly: true));
        venue.Rest(Venue.Bob, Side.Sell, 120, 8);
    }
}
