using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>Each command in each mode, against a table typed by hand.</summary>
public sealed class ModeMatrixTests
{
    // ok, or the code: c CancelOnly, m MarketHalted, a AuctionOnly, h HardHalted.
    private const string Table =
        """
                               Normal CancelOnly SoftHalt Auction HardHalt
        limit-gtc                 ok      c         m        ok       h
        limit-gtd                 ok      c         m        ok       h
        limit-iceberg             ok      c         m        ok       h
        limit-post-only           ok      c         m        a        h
        limit-ioc                 ok      c         m        a        h
        limit-fok                 ok      c         m        a        h
        market                    ok      c         m        a        h
        market-by-budget          ok      c         m        a        h
        stop                      ok      c         m        a        h
        stop-limit                ok      c         m        a        h
        take-profit               ok      c         m        a        h
        take-profit-limit         ok      c         m        a        h
        test-limit-gtc            ok      c         m        ok       h
        test-market               ok      c         m        a        h
        test-stop                 ok      c         m        a        h
        replace-price             ok      c         m        ok       h
        replace-quantity          ok      c         m        ok       h
        amend                     ok      ok        ok       ok       h
        amend-waiting             ok      ok        ok       ok       h
        cancel                    ok      ok        ok       ok       h
        cancel-by-client-id       ok      ok        ok       ok       h
        cancel-waiting            ok      ok        ok       ok       h
        cancel-all-here           ok      ok        ok       ok       h
        cancel-all-everywhere     ok      ok        ok       ok       ok
        cancel-all-by-operator    ok      ok        ok       ok       ok
        set-mode                  ok      ok        ok       ok       ok
        set-reference             ok      ok        ok       ok       ok
        set-policy                ok      ok        ok       ok       ok
        dead-man                  ok      ok        ok       ok       ok
        open-session              ok      ok        ok       ok       ok
        deposit                   ok      ok        ok       ok       ok
        withdraw                  ok      ok        ok       ok       ok
        """;

    private readonly Venue _venue = new();
    private readonly OrderId _resting;
    private readonly OrderId _waiting;

    public ModeMatrixTests()
    {
        _venue.Rest(Venue.Bob, Side.Sell, 100, 50);
        _resting = _venue.Place(Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 10, clientOrderId: 77));
        _waiting = _venue.Place(Wait(OrderType.Stop, 300, 0));
    }

    public static TheoryData<SymbolMode, string, RejectCode> Cells
    {
        get
        {
            var cells = new TheoryData<SymbolMode, string, RejectCode>();
            var rows = Table.Split('\n').Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
            foreach (var row in rows.Skip(1))
            {
                for (var column = 0; column < 5; column++)
                {
                    cells.Add(Enum.Parse<SymbolMode>(rows[0][column]), row[0], CodeOf(row[column + 1]));
                }
            }

            return cells;
        }
    }

    [Theory]
    [Trait("Covers", "CORE-17")]
    [MemberData(nameof(Cells))]
    public void A_command_is_answered_as_the_table_says(SymbolMode mode, string name, RejectCode expected)
    {
        _venue.SetMode(mode);
        var (orders, held) = (Orders(), _venue.Held(Venue.Alice, Venue.Cash));
        var result = _venue.Do(Make(name));
        Assert.Equal(expected, result.Code);
        if (expected != RejectCode.None)
        {
            Assert.Equal((orders, held), (Orders(), _venue.Held(Venue.Alice, Venue.Cash)));
        }
    }

    [Theory]
    [Trait("Covers", "CORE-18")]
    [InlineData(SymbolMode.CancelOnly, RejectCode.CancelOnly)]
    [InlineData(SymbolMode.SoftHalt, RejectCode.MarketHalted)]
    public void A_halt_for_new_orders_lets_cancels_through(SymbolMode mode, RejectCode expected)
    {
        _venue.SetMode(mode);
        _venue.Refuse(expected, Make("limit-gtc"));
        _venue.Accept(Make("cancel"));
        Assert.False(_venue.IsOpen(_resting));
    }

    [Fact]
    public void Another_market_is_not_touched_by_a_mode()
    {
        var other = new InstrumentId((uint)_venue.Accept(
            StaffCommands.CreateInstrument("CASH-COIN", Venue.Cash, Venue.Coin)).Id);
        _venue.SetMode(SymbolMode.HardHalt);
        _venue.Accept(Commands.Limit(Venue.Alice, other, Side.Buy, 10, 1));
        Assert.Equal(1ul, _venue.Accept(Commands.CancelAll(Venue.Alice)).Id);
        Assert.True(_venue.IsOpen(_resting));
    }

    private static RejectCode CodeOf(string letter) => letter switch
    {
        "ok" => RejectCode.None,
        "c" => RejectCode.CancelOnly,
        "m" => RejectCode.MarketHalted,
        "a" => RejectCode.AuctionOnly,
        _ => RejectCode.HardHalted,
    };

    private int Orders() => _venue.State.OrderSlots.Count;

    private Command Make(string name) => name switch
    {
        "limit-gtc" => Limit(95),
        "limit-gtd" => Limit(95, TimeInForce.GoodTillDate, expiresAt: _venue.Now + Venue.Second),
        "limit-iceberg" => Limit(95, display: 2),
        "limit-post-only" => Limit(95, postOnly: true),
        "limit-ioc" => Limit(100, TimeInForce.ImmediateOrCancel),
        "limit-fok" => Limit(100, TimeInForce.FillOrKill),
        "market" => Commands.Market(Venue.Alice, Venue.Market, Side.Buy, 5),
        "market-by-budget" => Commands.MarketByBudget(Venue.Alice, Venue.Market, Side.Buy, 500),
        "stop" => Wait(OrderType.Stop, 200, 0),
        "stop-limit" => Wait(OrderType.StopLimit, 200, 210),
        "take-profit" => Wait(OrderType.TakeProfit, 50, 0),
        "take-profit-limit" => Wait(OrderType.TakeProfitLimit, 50, 51),
        "test-limit-gtc" => Commands.Test(Limit(95)),
        "test-market" => Commands.Test(Commands.Market(Venue.Alice, Venue.Market, Side.Buy, 5)),
        "test-stop" => Commands.Test(Wait(OrderType.Stop, 200, 0)),
        "replace-price" => Commands.Replace(Venue.Alice, Venue.Market, _resting, price: 91),
        "replace-quantity" => Commands.Replace(Venue.Alice, Venue.Market, _resting, quantity: 11),
        "amend" => Commands.Amend(Venue.Alice, Venue.Market, _resting, 5),
        "amend-waiting" => Commands.Amend(Venue.Alice, Venue.Market, _waiting, 2),
        "cancel" => Commands.Cancel(Venue.Alice, Venue.Market, _resting),
        "cancel-by-client-id" => Commands.CancelByClientId(Venue.Alice, Venue.Market, 77),
        "cancel-waiting" => Commands.Cancel(Venue.Alice, Venue.Market, _waiting),
        "cancel-all-here" => Commands.CancelAll(Venue.Alice, Venue.Market),
        "cancel-all-everywhere" => Commands.CancelAll(Venue.Alice),
        "cancel-all-by-operator" => Commands.CancelAll(instrument: Venue.Market),
        "set-mode" => StaffCommands.SetMode(Venue.Market, SymbolMode.CancelOnly),
        "set-reference" => StaffCommands.SetReference(Venue.Market, 99),
        "set-policy" => StaffCommands.SetPolicy(Venue.Market, DefaultPolicy.Instrument),
        "dead-man" => Commands.SetDeadManSwitch(Venue.Alice, Venue.Second),
        "open-session" => Commands.OpenSession(Venue.Alice),
        "deposit" => StaffCommands.Deposit(Venue.Alice, Venue.Cash, 5),
        _ => StaffCommands.Withdraw(Venue.Alice, Venue.Cash, 5),
    };

    private static Command Limit(
        long price,
        TimeInForce life = TimeInForce.GoodTillCancel,
        bool postOnly = false,
        long display = 0,
        long expiresAt = 0) =>
        Commands.Limit(
            Venue.Alice, Venue.Market, Side.Buy, price, 5, life, postOnly, display, expiresAt);

    private static Command Wait(OrderType type, long stop, long price) =>
        Commands.Waiting(Venue.Alice, Venue.Market, Side.Buy, type, stop, 5, price);
}
