using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests;

/// <summary>
/// Each flow is recorded on one machine and applied once more to another: after a warm-up in which everything grows to
/// its size, a thousand commands of it must not allocate a byte.
/// </summary>
public sealed class AllocationTests
{
    private const int Commands1000 = 1_000;

    // More than twice as many, so that no table or index is due to grow while it is measured.
    private const int WarmUp = 2_400;

    public static TheoryData<string, bool> Flows
    {
        get
        {
            var flows = new TheoryData<string, bool>();
            foreach (var flow in (string[])
                [
                    "rest", "rest with client id", "cross", "cross iceberg", "market", "budget", "cancel", "amend",
                    "replace", "replace and cross", "cancel all", "trigger", "test", "reject", "dead man", "expiry",
                    "uncross", "operator's cancel all", "expiry in a hard halt",
                ])
            {
                flows.Add(flow, false);
                flows.Add(flow, true);
            }

            return flows;
        }
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public void A_thousand_commands_allocate_nothing(string flow, bool isInSession)
    {
        var recorder = new Recorder(isInSession);
        recorder.Record(flow, WarmUp);
        var warm = recorder.Log.Count;
        recorder.Record(flow, Commands1000);
        Assert.Equal(0, AllocatedBy(recorder.Log, warm));
    }

    [Fact]
    public void Repeats_from_a_session_and_of_a_key_allocate_nothing()
    {
        var recorder = new Recorder(isInSession: false);
        var cancelAll = Commands.CancelAll(Venue.Alice).Keyed(1_000_000, recorder.Venue.Now);
        var session = recorder.Venue.OpenSession(Venue.Alice);
        var inSession = Commands.CancelAll(Venue.Alice).InSession(session, 1);
        var warm = 0;
        for (var i = 0; i < Commands1000 * 2; i++)
        {
            Assert.Equal(RejectCode.None, recorder.Venue.Send(i % 2 == 0 ? cancelAll : inSession).Code);
            warm = i == Commands1000 ? recorder.Log.Count : warm;
        }

        Assert.Equal(0, AllocatedBy(recorder.Log, warm));
    }

    [Fact]
    public void An_allocation_planted_in_each_command_is_seen()
    {
        var recorder = new Recorder(isInSession: false);
        recorder.Record("rest", 100);
        object? last = null;
        Assert.NotEqual(0, AllocatedBy(recorder.Log, 50, () => last = new object()));
        Assert.NotNull(last);
    }

    private static long AllocatedBy(IReadOnlyList<Entry> log, int warm, Action? planted = null) =>
        Allocations.Fewest(
            () =>
            {
                var replica = new Replica();
                for (var i = 0; i < warm; i++)
                {
                    replica.Apply(log[i]);
                }

                return replica;
            },
            replica =>
            {
                for (var i = warm; i < log.Count; i++)
                {
                    replica.Apply(log[i]);
                    planted?.Invoke();
                }
            });

    /// <summary>Plays flows on a venue, by session or by key.</summary>
    private sealed class Recorder(bool isInSession)
    {
        private readonly Dictionary<AccountId, ClientIdentity> _sessions = [];
        private UInt128 _clientOrderIds;
        private int _done;
        private OrderId _order;

        public Venue Venue { get; } = new();

        public IReadOnlyList<Entry> Log => Venue.Log;

        public void Record(string flow, int commands)
        {
            _done = 0;
            for (var i = 0; _done < commands; i++)
            {
                Step(flow, i);
            }
        }

        private CommandResult Do(Command command)
        {
            _done++;
            if (!isInSession || !CommandRules.Of(command.Kind).NeedsIdentity)
            {
                return Venue.Do(command);
            }

            var account = command.Header.Account;
            if (!_sessions.TryGetValue(account, out var session))
            {
                session = ClientIdentity.InSession(UserId.Root, Venue.OpenSession(account));
                _sessions.Add(account, session);
            }

            return Venue.Send(session.Stamp(command, Venue.Now));
        }

        private OrderId Place(Command order)
        {
            var result = Do(order);
            Assert.Equal(RejectCode.None, result.Code);
            return new OrderId(result.Id);
        }

        private void Step(string flow, int i)
        {
            switch (flow)
            {
                case "rest":
                    Place(Limit(Venue.Alice, Side.Buy, 50 + (i % 40), 1));
                    break;
                case "rest with client id":
                    Place(Commands.Limit(
                        Venue.Alice, Venue.Market, Side.Buy, 50 + (i % 40), 1, clientOrderId: ++_clientOrderIds));
                    break;
                case "cross":
                    Place(Limit(i % 2 == 0 ? Venue.Alice : Venue.Bob, (Side)(i % 2), 100, 3));
                    break;
                case "cross iceberg":
                    Place(i % 2 == 0
                        ? Commands.Limit(Venue.Bob, Venue.Market, Side.Sell, 100, 9, display: 2)
                        : Limit(Venue.Alice, Side.Buy, 100, 9));
                    break;
                case "market":
                    Place(i % 2 == 0
                        ? Limit(Venue.Bob, Side.Sell, 100, 3)
                        : Commands.Market(Venue.Alice, Venue.Market, Side.Buy, 3));
                    break;
                case "budget":
                    Place(i % 2 == 0
                        ? Limit(Venue.Bob, Side.Sell, 100, 3)
                        : Commands.MarketByBudget(Venue.Alice, Venue.Market, Side.Buy, 300));
                    break;
                default:
                    StepOther(flow, i);
                    break;
            }
        }

        private void StepOther(string flow, int i)
        {
            switch (flow)
            {
                case "cancel" when i % 2 == 1:
                    Place(Commands.Cancel(Venue.Alice, Venue.Market, _order));
                    break;
                case "cancel all" when i % 2 == 1:
                    Place(Commands.CancelAll(Venue.Alice));
                    break;
                case "cancel" or "cancel all":
                    _order = Place(Limit(Venue.Alice, Side.Buy, 90, 3));
                    break;
                case "amend" when i != 0:
                    Place(Commands.Amend(Venue.Alice, Venue.Market, _order, 10_000 - i));
                    break;
                case "amend" or "replace" when i == 0:
                    _order = Place(Limit(Venue.Alice, Side.Buy, 90, 10_000));
                    break;
                case "replace":
                    Place(Commands.Replace(Venue.Alice, Venue.Market, _order, 80 + (i % 10), 9_000 + (i % 7)));
                    break;
                case "replace and cross":
                    ReplaceAndCross(i);
                    break;
                case "trigger":
                    Trigger(i);
                    break;
                case "test":
                    Do(Commands.Test(Limit(Venue.Alice, Side.Buy, 90, 3)));
                    break;
                case "reject":
                    Assert.Equal(
                        RejectCode.UnknownOrder, Do(Commands.Cancel(Venue.Alice, Venue.Market, new OrderId(1))).Code);
                    break;
                default:
                    StepTimer(flow, i);
                    break;
            }
        }

        private void ReplaceAndCross(int i)
        {
            if (i % 3 == 0)
            {
                Place(Limit(Venue.Bob, Side.Sell, 100, 3));
            }
            else if (i % 3 == 1)
            {
                _order = Place(Limit(Venue.Alice, Side.Buy, 90, 3));
            }
            else
            {
                Place(Commands.Replace(Venue.Alice, Venue.Market, _order, 100));
            }
        }

        // The last price goes up and down between 100 and 110, and takes a stop with it each time.
        private void Trigger(int i)
        {
            switch (i % 5)
            {
                case 0:
                    Place(Limit(Venue.Bob, Side.Sell, 100, 1));
                    break;
                case 1:
                    Place(Limit(Venue.Alice, Side.Buy, 100, 1));
                    break;
                case 2:
                    Place(Commands.Waiting(Venue.Alice, Venue.Market, Side.Buy, OrderType.Stop, 105, 1));
                    break;
                case 3:
                    Place(Limit(Venue.Bob, Side.Sell, 110, 2));
                    break;
                default:
                    Place(Limit(Venue.Alice, Side.Buy, 110, 1));
                    break;
            }
        }

        // By key: no session is an operator's.
        private void Operate(Command command)
        {
            _done++;
            Venue.Accept(command);
        }

        private void StepOperator(string flow, int i)
        {
            switch (flow)
            {
                case "uncross" when i % 4 == 0:
                    Operate(StaffCommands.SetMode(Venue.Market, SymbolMode.Auction));
                    break;
                case "uncross" when i % 4 == 3:
                    Operate(StaffCommands.SetMode(Venue.Market, SymbolMode.Normal));
                    Assert.Equal(1, Venue.Count(EventKind.AuctionUncrossed));
                    break;
                case "uncross":
                    Place(Limit(i % 4 == 1 ? Venue.Alice : Venue.Bob, (Side)((i % 4) - 1), 101 - (i % 4), 3));
                    break;
                case "operator's cancel all" when i % 4 == 3:
                    Operate(Commands.CancelAll(instrument: Venue.Market));
                    break;
                case "operator's cancel all":
                    Place(Limit(Venue.Alice, Side.Buy, 90 + (i % 4), 3));
                    break;
                case "expiry in a hard halt" when i % 3 == 0:
                    Operate(StaffCommands.SetMode(Venue.Market, SymbolMode.Normal));
                    break;
                default:
                    Place(Commands.Limit(
                        Venue.Alice,
                        Venue.Market,
                        Side.Buy,
                        90,
                        3,
                        TimeInForce.GoodTillDate,
                        expiresAt: Venue.Now + 500));
                    if (i % 3 == 2)
                    {
                        Operate(StaffCommands.SetMode(Venue.Market, SymbolMode.HardHalt));
                        Venue.Pass(1_000);
                    }

                    break;
            }
        }

        private void StepTimer(string flow, int i)
        {
            if (flow is "uncross" or "operator's cancel all" or "expiry in a hard halt")
            {
                StepOperator(flow, i);
                return;
            }

            switch (i % 3)
            {
                case 0 when flow == "dead man":
                    Place(Commands.SetDeadManSwitch(Venue.Alice, 500));
                    break;
                case 1:
                    _order = Place(Commands.Limit(
                        Venue.Alice,
                        Venue.Market,
                        Side.Buy,
                        90,
                        3,
                        flow == "expiry" ? TimeInForce.GoodTillDate : TimeInForce.GoodTillCancel,
                        expiresAt: flow == "expiry" ? Venue.Now + 500 : 0));
                    break;
                case 2:
                    Venue.Pass(1_000);
                    Assert.False(Venue.IsOpen(_order));
                    break;
                default:
                    break;
            }
        }

        private static Command Limit(AccountId account, Side side, long price, long quantity) =>
            Commands.Limit(account, Venue.Market, side, price, quantity);
    }
}
