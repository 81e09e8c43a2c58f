using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Oracle.Tests.Harness;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Ledger;

namespace Exchange.Rsm.Oracle.Tests;

/// <summary>
/// The general ledger, fed with the core's events alone, equals the core for every account, asset and order.
/// </summary>
public sealed class LedgerEqualityTests
{
    private const int StepsOfWorkload = 5_000;
    private const int EntriesBetweenChecks = 40;

    [Theory]
    [Trait("Covers", "INV-05")]
    [Trait("Covers", "RISK-02")]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    public void Ledger_equals_the_core_whose_events_it_books(ulong seed)
    {
        var run = new Books();
        var workload = Workload.Of(seed, StepsOfWorkload);
        run.Play(workload);
        Assert.True(run.Trades > 50, $"only {run.Trades} trades");
        Assert.True(run.Checks > 10, $"only {run.Checks} comparisons");
        run.Rebuild();
    }

    [Fact]
    public void An_event_left_out_is_noticed()
    {
        var run = new Books { SkipEvery = 7 };
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => run.Play(Workload.Of(seed: 11, StepsOfWorkload)));
    }

    /// <summary>One core, and the ledger that reads its events.</summary>
    private sealed class Books
    {
        private readonly MachineSubject _core = new();
        private readonly GeneralLedger _ledger = new();
        private readonly List<JournalEntry> _journal = [];
        private readonly OutputBuffer _events = new();
        private readonly OutputBuffer _results = new();
        private int _entries;

        public int SkipEvery { get; init; }

        public int Trades { get; private set; }

        public int Checks { get; private set; }

        public void Play(Workload workload)
        {
            var generator = new CommandGenerator(workload.World);
            Drain(generator);
            foreach (var step in workload.Steps)
            {
                generator.Feed(step);
                Drain(generator);
            }

            generator.Flush();
            Drain(generator);
            Compare();
        }

        /// <summary>The journal alone gives the same ledger.</summary>
        public void Rebuild()
        {
            var result = LedgerView.TryRebuild(CollectionsMarshal.AsSpan(_journal), out var rebuilt);
            Assert.Equal(LedgerError.None, result.Error);
            Assert.Equal(_ledger.View.StateHash, rebuilt.StateHash);
        }

        private void Drain(CommandGenerator generator)
        {
            while (generator.TryNext(out var entry))
            {
                _events.Clear();
                _results.Clear();
                _core.Apply(entry, _events, _results);
                if (SkipEvery == 0 || ++_entries % SkipEvery != 0)
                {
                    Assert.Equal(LedgerError.None, _ledger.Apply(_events.Written, _journal).Error);
                }

                generator.Observe(entry, _results.Written, _events.Written, _core.NextDeadline);
                if (entry.Header.Index % EntriesBetweenChecks == 0)
                {
                    Compare();
                }
            }
        }

        private void Compare()
        {
            Checks++;
            var view = _core.View();
            foreach (var balance in view.Balances)
            {
                var (account, asset) = (new AccountId(balance.Account), new AssetId(balance.Asset));
                Assert.Equal(balance.Available, _ledger.Available(account, asset).Units);
                Assert.Equal(balance.Held, _ledger.Held(account, asset).Units);
            }

            foreach (var order in view.Orders)
            {
                Assert.Equal(order.Hold, _ledger.View.HoldOf(new OrderId(order.Id)).Units);
            }

            Assert.Equal(LedgerError.None, _ledger.View.Audit());
            Trades = _journal.Count(entry => entry.Kind == JournalEntryKind.Trade);
        }
    }
}
