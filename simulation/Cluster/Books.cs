using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Marks;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.StateMachine;
using Exchange.Rsm.StateMachine.Ledger;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>
/// The ledger behind a broker that delivers at least once: what was not confirmed comes again, old deliveries come
/// late, the broker is away for a while, the ledger's process starts anew from its journal. In the end its books are
/// the core's.
/// </summary>
internal sealed class Books(ProtocolContext context, CanonLog canon)
{
    private const long Period = 40_000_000;
    private const int EntriesMax = 24;

    private readonly List<JournalEntry> _journal = [];
    private readonly OutputBuffer _delivery = new();
    private readonly OutputBuffer _balances = new();
    private GeneralLedger _ledger = new();
    private ulong _confirmed;
    private ulong _round;

    public void Begin()
    {
        _journal.Clear();
        _ledger = new GeneralLedger();
        _confirmed = 0;
        _round = 0;
        context.Schedule(WorldEventKind.Broker, Period, 0, 0, 0);
    }

    /// <summary>The broker delivers, or does not.</summary>
    public void OnDue()
    {
        _round++;
        context.Schedule(WorldEventKind.Broker, context.Now + Period, 0, 0, _round);
        var luck = context.IsCalm ? 0 : context.Fate.Below(16, FateDomain.Broker, _round);
        switch (luck)
        {
            case 12:
                context.Count(FaultKind.BrokerAway, 0, _round);
                break;
            case 13 when _confirmed > 0:
                // An old delivery comes late: from wherever, and once more.
                context.Count(FaultKind.DeliveryLate, 0, _round);
                var from = 1 + (context.Fate.Draw(FateDomain.Broker + (1UL << 32), _round) % _confirmed);
                Deliver(from, Math.Min(from + 7, _confirmed));
                break;
            case 14:
                // Applied, and the confirmation is lost: the same comes again next time.
                context.Count(FaultKind.DeliveryTwice, 0, _round);
                Deliver(_confirmed + 1, Math.Min(_confirmed + EntriesMax, canon.Applied));
                break;
            case 15:
                context.Count(FaultKind.LedgerRestart, 0, _round);
                Restart();
                break;
            default:
                Next();
                break;
        }
    }

    /// <summary>Delivers all that is left and compares the books with the core's.</summary>
    public void Check(ExchangeMachine machine)
    {
        while (_confirmed < canon.Applied && context.Report.Failure is null)
        {
            Next();
        }

        Restart();
        if (_ledger.View.Audit() is var audit && audit != LedgerError.None)
        {
            context.Fail("the ledger adds up", -1, canon.Applied, $"{audit}");
        }

        var queries = new ExchangeQueries(machine);
        for (var account = 1u; queries.OwnerOf(account) != 0; account++)
        {
            _balances.Clear();
            queries.Balances(account, _balances);
            foreach (ref readonly var row in
                System.Runtime.InteropServices.MemoryMarshal.Cast<byte, BalanceAnswer>(_balances.Written))
            {
                Compare(in row);
            }
        }
    }

    private void Compare(in BalanceAnswer row)
    {
        var (available, held) = (_ledger.Available(row.Account, row.Asset), _ledger.Held(row.Account, row.Asset));
        if (available != row.Available || held != row.Held)
        {
            context.Fail(
                "the ledger is the core's", -1, canon.Applied,
                $"account {row.Account.Value}, asset {row.Asset.Value}: {available.Units} free and {held.Units} held, "
                + $"in the core {row.Available.Units} and {row.Held.Units}");
        }
    }

    private void Next()
    {
        var last = Math.Min(_confirmed + EntriesMax, canon.Applied);
        if (Deliver(_confirmed + 1, last))
        {
            _confirmed = Math.Max(_confirmed, last);
        }
    }

    private bool Deliver(ulong first, ulong last)
    {
        _delivery.Clear();
        for (var index = first; index <= last; index++)
        {
            _delivery.Append(canon.Events(index));
        }

        if (_delivery.Length == 0)
        {
            return true;
        }

        var result = _ledger.Apply(_delivery.Written, _journal);
        context.MeetIf(result.Duplicates > 0, Mark.LedgerSawDuplicate);
        if (result.Error != LedgerError.None)
        {
            context.Fail(
                "the ledger takes what the core tells", -1, result.LogIndex,
                $"{result.Error} at {result.Reference}: {result.Actual} where {result.Expected} was expected");
            return false;
        }

        return true;
    }

    private void Restart()
    {
        var before = (_ledger.View.StateHash, _ledger.View.JournalChain);
        var journal = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_journal);
        var result = LedgerView.TryRebuild(journal, out var view);
        if (result.Error != LedgerError.None || (view.StateHash, view.JournalChain) != before)
        {
            context.Fail("the journal is the ledger", -1, result.LogIndex, $"rebuilt: {result.Error}");
            return;
        }

        context.Meet(Mark.LedgerRestarted);
        _ledger = new GeneralLedger(view);
    }
}
