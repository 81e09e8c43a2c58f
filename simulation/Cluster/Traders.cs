using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>One trader: an account, a session, and numbers that never change what they stand for.</summary>
internal sealed class Trader
{
    public required int Client { get; init; }

    public required AccountId Account { get; init; }

    public required UserId User { get; init; }

    public SessionId Session { get; set; }

    public ulong Number { get; set; }

    public int Opened { get; set; }

    public int UnderWay { get; set; }

    public bool IsOpening { get; set; }

    public bool HasGivenUp { get; set; }

    public Queue<PlanItem> Due { get; } = [];

    public List<OrderId> Orders { get; } = [];
}

/// <summary>
/// Traders that send several commands at once through a session each: orders that cross, cancels, replacements and
/// reads, in whatever order the network brings them. What is not answered is sent again under the same number.
/// </summary>
internal sealed class Traders(ProtocolContext context, Calls calls)
{
    private const int SessionsMax = 3;
    private const int OrdersMax = 24;

    private static readonly (uint Account, uint Owner)[] _accounts = [(2, 8), (3, 9), (4, 10), (6, 11), (7, 12)];

    private readonly List<Trader> _traders = [];
    private bool _isOpen;

    /// <summary>Most traders; the desk is one client more.</summary>
    public const int TradersMax = 5;

    public bool IsIdle => _traders.TrueForAll(trader => trader is { UnderWay: 0, Due.Count: 0, IsOpening: false });

    public void Begin()
    {
        _traders.Clear();
        _isOpen = false;
        for (var i = 0; i < Math.Min(context.Knobs.AsInt(Knob.Clients) + 1, TradersMax); i++)
        {
            _traders.Add(new Trader
            {
                Client = i + 1,
                Account = new AccountId(_accounts[i].Account),
                User = new UserId(_accounts[i].Owner),
            });
        }
    }

    /// <summary>The exchange is open: what was due in vain is done now.</summary>
    public void OnOpened()
    {
        if (_isOpen)
        {
            return;
        }

        _isOpen = true;
        foreach (var trader in _traders)
        {
            SendNext(trader);
        }
    }

    public void OnDue(PlanItem item)
    {
        var trader = _traders[item.Node % _traders.Count];
        trader.Due.Enqueue(item);
        SendNext(trader);
    }

    private void SendNext(Trader trader)
    {
        var window = context.Knobs[Knob.InflightMessages] == 1 ? 1 : 4;
        while (_isOpen && trader.Due.Count > 0 && trader.UnderWay < window)
        {
            if (trader.HasGivenUp)
            {
                trader.Due.Clear();
                return;
            }

            if (trader.Due.Peek().Kind == PlanItemKind.Read)
            {
                Read(trader, trader.Due.Dequeue());
                continue;
            }

            if (trader.Session.Value == 0)
            {
                Open(trader);
                return;
            }

            Trade(trader, trader.Due.Dequeue());
        }
    }

    private void Open(Trader trader)
    {
        if (trader.IsOpening || trader.UnderWay > 0)
        {
            return;
        }

        if (trader.Opened >= SessionsMax)
        {
            trader.HasGivenUp = true;
            trader.Due.Clear();
            return;
        }

        trader.Opened++;
        trader.IsOpening = true;
        var key = ((UInt128)(0x7ADE_0000UL + (ulong)trader.Client) << 64) | (ulong)trader.Opened;
        var command = Commands.OpenSession(trader.Account).By(trader.User).Keyed(key, Weather.Epoch + context.Now);
        calls.Make(
            trader.Client, command.Bytes.ToArray(), 1, isRead: false,
            StableHash.Mix(0x0BE5, (ulong)((trader.Client << 8) + trader.Opened)),
            (_, results, _) =>
            {
                trader.IsOpening = false;
                context.Report.OperationsDone++;
                trader.Session = results[0].Code == RejectCode.None ? new SessionId((uint)results[0].Id) : default;
                trader.Number = 0;
                SendNext(trader);
            },
            givenUp: null);
    }

    private void Trade(Trader trader, PlanItem item)
    {
        var command = CommandOf(trader, item).By(trader.User).InSession(trader.Session, ++trader.Number);
        var session = trader.Session;
        trader.UnderWay++;
        Send(trader, command.Bytes.ToArray(), item.Identity, attempt: 0, session);
    }

    private void Send(Trader trader, byte[] bytes, ulong identity, int attempt, SessionId session) =>
        calls.Make(
            trader.Client, bytes, 1, isRead: false, StableHash.Mix(identity, 0x7ADE + (ulong)attempt),
            (_, results, _) => OnAnswered(trader, bytes, identity, attempt, session, results[0]),
            givenUp: null);

    private void OnAnswered(
        Trader trader, byte[] bytes, ulong identity, int attempt, SessionId session, CommandResult result)
    {
        const int GapsMax = 400;
        if (result.Code is RejectCode.SessionGap or RejectCode.EntryFull && session == trader.Session
            && attempt < GapsMax)
        {
            // It overtook the one before it: it has to come again.
            context.Meet(Marks.Mark.SessionGapMet);
            Send(trader, bytes, identity, attempt + 1, session);
            return;
        }

        trader.UnderWay--;
        context.Report.OperationsDone++;
        if (result.Code is > RejectCode.None and < RejectCode.UnknownInstrument && session == trader.Session)
        {
            // The number was not taken, so those behind it never will be: another session.
            trader.Session = default;
        }
        else if (result.Code == RejectCode.None && result.Kind == CommandKind.PlaceOrder && result.Remaining.Lots > 0
            && trader.Orders.Count < OrdersMax)
        {
            trader.Orders.Add(new OrderId(result.Id));
        }

        SendNext(trader);
    }

    private void Read(Trader trader, PlanItem item)
    {
        trader.UnderWay++;
        calls.Make(
            trader.Client, [], 0, isRead: true, item.Identity,
            (_, _, _) =>
            {
                trader.UnderWay--;
                context.Report.OperationsDone++;
                SendNext(trader);
            },
            _ =>
            {
                trader.UnderWay--;
                SendNext(trader);
            });
    }

    // Around one price, from both sides: most of them meet.
    private Command CommandOf(Trader trader, PlanItem item)
    {
        var drawn = context.Fate.Draw(FateDomain.Operation, item.Identity);
        var instrument = new InstrumentId(1);
        if (item.Kind == PlanItemKind.CompareAndSet && trader.Orders.Count > 0)
        {
            var place = (int)(drawn % (ulong)trader.Orders.Count);
            var order = trader.Orders[place];
            if ((drawn >> 20) % 2 == 0)
            {
                trader.Orders.RemoveAt(place);
                return Commands.Cancel(trader.Account, instrument, order);
            }

            return Commands.Replace(trader.Account, instrument, order, 990 + (long)((drawn >> 8) % 21));
        }

        var side = ((drawn >> 32) & 1) == 0 ? Side.Buy : Side.Sell;
        var price = 1_000 + (long)((drawn >> 8) % 9) - 4;
        var lots = 1 + (long)((drawn >> 16) % 20);
        return ((drawn >> 40) % 8) switch
        {
            0 => Commands.Market(trader.Account, instrument, side, lots),
            1 => Commands.Limit(
                trader.Account, instrument, side, price, lots, TimeInForce.ImmediateOrCancel),
            _ => Commands.Limit(trader.Account, instrument, side, price, lots),
        };
    }
}
