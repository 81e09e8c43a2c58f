using BenchmarkDotNet.Attributes;
using Exchange.Rsm.Bench.Full;
using Exchange.Rsm.Bench.Streams;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Bench.Parts;

/// <summary>
/// Entries of the whole machine, without disk or network: how the fixed cost of an entry spreads over its commands.
/// One measured call applies a stream of 20,000 commands; the figure is for one command.
/// </summary>
[MemoryDiagnoser]
public class MachineParts
{
    private const int Count = 20_000;

    private readonly OutputBuffer _events = new(1 << 20);
    private readonly OutputBuffer _results = new(1 << 20);
    private FullReplay _replay = null!;
    private ExchangeMachine _machine = null!;

    [Params(1, 16, 64, 256)]
    public int CommandsInEntry { get; set; }

    [GlobalSetup]
    public void Encode() => _replay = new FullReplay(
        GeneratedStream.Make(new StreamShape(Symbols: 1, Resting: 10_000, Count)),
        DedupMode.Session,
        CommandsInEntry,
        keysRemembered: 1);

    [IterationSetup]
    public void Prefill()
    {
        _machine = new ExchangeMachine();
        _replay.Apply(_machine, 0, _replay.UntimedEntries, _events, _results);
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public void Apply() => _replay.Apply(_machine, _replay.UntimedEntries, _replay.Entries, _events, _results);
}
