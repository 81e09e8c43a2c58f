using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Bench;

/// <summary>
/// What a million accounts and a million resting orders take: the machine's arrays, counted one by one, and beside them
/// the process as the operating system sees it. Arrays grow by doubling, so the peak is while the last one is copied.
/// </summary>
internal sealed class MemoryBench(int accounts, int orders, int sessions, TextWriter output)
{
    private const long Budget = 1L << 30;
    private const int CommandsPerEntry = 64;
    private const int MidPrice = 100_000;
    private const int Levels = 1_000;

    private readonly ExchangeMachine _machine = new();
    private readonly EntryBuilder _entries = new();
    private readonly OutputBuffer _events = new(1 << 16);
    private readonly OutputBuffer _results = new(1 << 14);
    private readonly List<Command> _gathered = [];
    private NativeFootprint _before = null!;
    private long _now = EntryBuilder.Start;
    private ulong _keys;

    /// <summary>Fills a machine and prints what each part took.</summary>
    /// <returns>Whether accounts and orders, the whole process, fit the budget.</returns>
    public bool Run()
    {
        Setup();
        _before = NativeFootprint.Of(_machine);
        output.WriteLine($"{"",-34} {"count",10} {"MiB",8} {"bytes each",11}  {"of it, bytes each"}");
        for (var i = 0; i < accounts; i++)
        {
            Send(StaffCommands.OpenAccount(UserId.Root));
        }

        Report("accounts", accounts);
        for (var i = 0; i < accounts; i++)
        {
            Send(StaffCommands.Deposit(AccountOf(i), new AssetId(1), 1_000_000_000));
            Send(StaffCommands.Deposit(AccountOf(i), new AssetId(2), 1_000_000_000));
        }

        Report("balances, two an account", 2 * accounts);
        for (var i = 0; i < orders; i++)
        {
            Send(Order(i));
        }

        Report("resting orders", orders);
        var (now, peak) = Process();
        output.WriteLine($"all arrays of the machine {_before.Total >> 20:N0} MiB; "
            + $"the process {now >> 20:N0} MiB now, {peak >> 20:N0} MiB at its peak; allowed {Budget >> 20:N0} MiB");
        for (var i = 0; i < sessions; i++)
        {
            Send(Commands.OpenSession(AccountOf(i % accounts)));
        }

        Report("sessions, beyond that", sessions);
        return peak <= Budget;
    }

    private static AccountId AccountOf(int place) => new((uint)place + 2);

    private Command Order(int place)
    {
        var side = (Side)(place & 1);
        var distance = 1 + (place % Levels);
        var price = side == Side.Buy ? MidPrice - distance : MidPrice + distance;
        return Commands.Limit(AccountOf(place % accounts), new InstrumentId(1), side, price, quantity: 1);
    }

    private void Setup()
    {
        // Keys live for one entry: they are not what is measured. The policy's own key still has the default retention,
        // and nothing behind it in the queue goes first.
        Send(StaffCommands.SetPolicy(DefaultPolicy.Global with
        {
            KeyRetention = CommandsPerEntry,
            KeysMax = uint.MaxValue,
            SessionsMax = uint.MaxValue,
        }));
        Flush();
        _now += DefaultPolicy.Global.KeyRetention;
        Send(StaffCommands.CreateAsset("BASE", 8));
        Send(StaffCommands.CreateAsset("QUOTE", 8));
        Send(StaffCommands.CreateInstrument("BASE-QUOTE", new AssetId(1), new AssetId(2)));
        Send(StaffCommands.SetPolicy(
            new InstrumentId(1), DefaultPolicy.Instrument with { OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit }));
        Flush();
    }

    private void Send(Command command)
    {
        _gathered.Add(command.Keyed(++_keys, _now));
        if (_gathered.Count == CommandsPerEntry)
        {
            Flush();
        }
    }

    private void Flush()
    {
        if (_gathered.Count == 0)
        {
            return;
        }

        _events.Clear();
        _results.Clear();
        _now += CommandsPerEntry;
        var entry = _entries.Commands(_gathered, _now);
        _machine.Apply(in entry.Header, entry.Payload, _events, _results);
        _gathered.Clear();
        foreach (ref readonly var result in MemoryMarshal.Cast<byte, CommandResult>(_results.Written))
        {
            if (result.Code != RejectCode.None)
            {
                throw new InputException($"a {result.Kind} is refused with {result.Code}; the figures would be wrong.");
            }
        }
    }

    private void Report(string what, int count)
    {
        Flush();
        var now = NativeFootprint.Of(_machine);
        var grown = now.Total - _before.Total;
        var parts = now.BytesByOwner
            .Select(pair => (Owner: pair.Key, Each: (pair.Value - _before.BytesOf(pair.Key)) / (double)count))
            .Where(part => part.Each >= 1)
            .OrderByDescending(part => part.Each)
            .Select(part => $"{part.Owner} {part.Each:F0}");
        output.WriteLine(
            $"{what,-34} {count,10:N0} {grown >> 20,8:N0} {grown / (double)count,11:F1}  {string.Join(", ", parts)}");
        _before = now;
    }

    // Without the garbage that this bench itself makes of commands, as far as the collector gives it back.
    private static (long Now, long Peak) Process()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return (process.WorkingSet64, process.PeakWorkingSet64);
    }
}
