using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Bench.Snapshots;

/// <summary>A machine that is filled to a size, and entries that change a given number of its records.</summary>
internal sealed class SnapshotWorld
{
    private const int CommandsPerEntry = 64;
    private const int MidPrice = 100_000;
    private const int Levels = 1_000;

    private readonly EntryBuilder _entries = new();
    private readonly OutputBuffer _events = new(1 << 20);
    private readonly OutputBuffer _results = new(1 << 14);
    private readonly List<Command> _gathered = [];
    private readonly Queue<Entry> _ready = [];
    private long _now = EntryBuilder.Start;
    private ulong _keys;
    private int _accounts;
    private int _next;

    public SnapshotWorld()
    {
        Send(StaffCommands.SetPolicy(DefaultPolicy.Global with
        {
            KeyRetention = CommandsPerEntry,
            KeysMax = uint.MaxValue,
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

    public ExchangeMachine Machine { get; } = new();

    public EntryHeader Last { get; private set; }

    public int Accounts => _accounts;

    /// <summary>Opens accounts with balances and a resting order until the state has so many bytes.</summary>
    public void FillTo(long bytes)
    {
        while (Size() < bytes)
        {
            for (var i = 0; i < 50_000; i++)
            {
                Send(StaffCommands.OpenAccount(UserId.Root));
                _accounts++;
            }

            Flush();
            for (var i = _accounts - 50_000; i < _accounts; i++)
            {
                Send(StaffCommands.Deposit(AccountOf(i), new AssetId(1), 1_000_000_000));
                Send(StaffCommands.Deposit(AccountOf(i), new AssetId(2), 1_000_000_000));
                Send(Order(i));
            }

            Flush();
        }
    }

    public long Size()
    {
        var reader = Machine.BeginSnapshot(SnapshotScope.All);
        var size = (long)reader.StreamLength;
        reader.End();
        return size;
    }

    /// <summary>
    /// Makes entries ready, of deposits into accounts all over the state, so that applying is all that is timed.
    /// </summary>
    public void Prepare(int entries, int commands)
    {
        var gathered = new List<Command>(commands);
        while (_ready.Count < entries)
        {
            gathered.Clear();
            for (var j = 0; j < commands; j++)
            {
                _next = (int)((_next + 7_368_787L) % _accounts);
                gathered.Add(StaffCommands.Deposit(AccountOf(_next), new AssetId(1), 1).Keyed(++_keys, _now));
            }

            _now += CommandsPerEntry;
            _ready.Enqueue(_entries.Commands(gathered, _now));
        }
    }

    public void ApplyNext() => Apply(_ready.Dequeue());

    public void Check()
    {
        foreach (ref readonly var result in MemoryMarshal.Cast<byte, CommandResult>(_results.Written))
        {
            if (result.Code != RejectCode.None)
            {
                throw new InputException($"a {result.Kind} is refused with {result.Code}; the figures would be wrong.");
            }
        }
    }

    private static AccountId AccountOf(int place) => new((uint)place + 2);

    private static Command Order(int place)
    {
        var side = (Side)(place & 1);
        var distance = 1 + (place % Levels);
        var price = side == Side.Buy ? MidPrice - distance : MidPrice + distance;
        return Commands.Limit(AccountOf(place), new InstrumentId(1), side, price, quantity: 1);
    }

    private void Apply(Entry entry)
    {
        _events.Clear();
        _results.Clear();
        Machine.Apply(in entry.Header, entry.Payload, _events, _results);
        Last = entry.Header;
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

        _now += CommandsPerEntry;
        Apply(_entries.Commands(_gathered, _now));
        Check();
        _gathered.Clear();
    }
}
