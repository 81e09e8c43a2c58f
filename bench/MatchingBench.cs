using System.Globalization;
using Exchange.Rsm.Bench.Book;
using Exchange.Rsm.Bench.Calibration;
using Exchange.Rsm.Bench.Full;
using Exchange.Rsm.Bench.Streams;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Bench;

/// <summary>What to measure of a stream.</summary>
/// <param name="Book">Matching alone.</param>
/// <param name="Full">The whole machine, commands numbered in sessions.</param>
/// <param name="Keyed">The whole machine, commands with keys.</param>
/// <param name="Rounds">How often each is timed.</param>
/// <param name="Batch">Commands in one log entry.</param>
/// <param name="KeysRemembered">Keys remembered at a time.</param>
internal sealed record MatchingOptions(
    bool Book, bool Full, bool Keyed, int Rounds, int Batch = 64, long KeysRemembered = 1_000_000);

/// <summary>
/// Replays a stream through the book alone and through the whole machine, beside two calibrations of the same minute.
/// The trades of every replay are compared before a time is believed.
/// </summary>
internal sealed class MatchingBench
{
    private readonly OperationStream _stream;
    private readonly MatchingOptions _options;
    private readonly TextWriter _output;
    private readonly Timing _load = new("load, dependent, 64 MiB", 1);
    private readonly Timing _naive;
    private readonly Timing _book;
    private readonly Timing _full;
    private readonly Timing _keyed;
    private ulong _hash;

    public MatchingBench(OperationStream stream, MatchingOptions options, TextWriter output)
    {
        (_stream, _options, _output) = (stream, options, output);
        var messages = stream.Timed.Length;
        _naive = new Timing("naive book", messages);
        _book = new Timing("book", messages);
        _full = new Timing("full, session", messages);
        _keyed = new Timing("full, keyed", messages);
    }

    public double BookMedian => _book.Median;

    public double FullMedian => _full.Median;

    public double LoadMedian => _load.Median;

    /// <summary>Measures and prints.</summary>
    /// <exception cref="InputException">Two replays of the stream did not trade the same.</exception>
    public void Run()
    {
        Say($"stream {_stream.Name}: {_stream.Operations.Length:N0} operations, "
            + $"the first {_stream.Prefill:N0} untimed");
        Say($"{_stream.Symbols:N0} instruments, {_stream.Accounts:N0} accounts");
        var naive = new NaiveBook(_stream.Symbols);
        naive.Run(_stream.Operations);
        _hash = naive.Trades.Value;
        Agree("the naive book", _stream.PromisedHash ?? _hash);
        Measure(
            _options.Full ? Prepare(DedupMode.Session) : null,
            _options.Keyed ? Prepare(DedupMode.Keyed) : null);

        Say($"trades {naive.Trades.Trades:N0}, volume {naive.Trades.Volume:N0}, trade hash {_hash:x16}: "
            + $"the same in every replay{(_stream.PromisedHash is null ? "" : ", and as promised")}");
        Report();
    }

    private void Measure(FullReplay? session, FullReplay? keyed)
    {
        var chase = new MemoryChase();
        chase.Measure();
        for (var round = 0; round < _options.Rounds; round++)
        {
            _load.Add(chase.Measure());
            MeasureNaive();
            if (_options.Book)
            {
                MeasureBook();
            }

            if (session is not null)
            {
                MeasureFull(session, _full);
            }

            if (keyed is not null)
            {
                MeasureFull(keyed, _keyed);
            }
        }
    }

    private void MeasureNaive()
    {
        var naive = new NaiveBook(_stream.Symbols);
        naive.Run(_stream.Untimed);
        _naive.Measure(() => naive.Run(_stream.Timed));
    }

    private void MeasureBook()
    {
        var book = new BookReplay(_stream);
        book.Run(_stream.Untimed);
        _book.Measure(() => book.Run(_stream.Timed));
        Agree("the book", book.Trades.Value);
    }

    private static void MeasureFull(FullReplay replay, Timing timing)
    {
        var machine = new ExchangeMachine();
        var (events, results) = (new OutputBuffer(1 << 20), new OutputBuffer(1 << 20));
        replay.Apply(machine, 0, replay.UntimedEntries, events, results);
        timing.Measure(() => replay.Apply(machine, replay.UntimedEntries, replay.Entries, events, results));
    }

    private FullReplay Prepare(DedupMode dedup)
    {
        var replay = new FullReplay(_stream, dedup, _options.Batch, _options.KeysRemembered);
        Agree($"the machine ({dedup})", replay.TradesOf(new ExchangeMachine()).Value);
        return replay;
    }

    private void Agree(string who, ulong hash)
    {
        if (hash != _hash)
        {
            throw new InputException($"{_stream.Name}: {who} has trade hash {hash:x16}, the naive book {_hash:x16}.");
        }
    }

    private void Report()
    {
        Say("");
        Say(Timing.Heading);
        Say(_load.Row());
        Say(_naive.Row());
        foreach (var timing in Timings())
        {
            Say(timing.Row());
        }

        Say("");
        foreach (var timing in Timings())
        {
            Say($"{timing.Name,-28} naive book / it = {_naive.Median / timing.Median:F1}, "
                + $"it / dependent load = {timing.Median / _load.Median:F3}");
        }

        if (_options.Full && _options.Keyed)
        {
            Say($"a key costs {_keyed.Median - _full.Median:F1} ns more than a session's number "
                + $"({_options.KeysRemembered:N0} keys remembered, entries of {_options.Batch} commands)");
        }
    }

    private IEnumerable<Timing> Timings()
    {
        if (_options.Book)
        {
            yield return _book;
        }

        if (_options.Full)
        {
            yield return _full;
        }

        if (_options.Keyed)
        {
            yield return _keyed;
        }
    }

    private void Say(FormattableString text) => _output.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private void Say(string text) => _output.WriteLine(text);
}
