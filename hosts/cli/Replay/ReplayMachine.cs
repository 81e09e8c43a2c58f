using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>Applies one entry: the state machine's method, or that of a model of it.</summary>
public delegate void ApplyEntry(
    in EntryHeader header, ReadOnlySpan<byte> payload, OutputBuffer events, OutputBuffer results);

/// <summary>
/// A machine with one instrument and two rich accounts, one that buys and one that sells, for orders that come without
/// owners. Commands are gathered into an entry and applied together; each account numbers them in its session.
/// </summary>
public sealed class ReplayMachine
{
    /// <summary>Most commands of an entry.</summary>
    public const int CommandsMax = 64;

    /// <summary>An order id that is never assigned: what stands for orders the machine never accepted.</summary>
    public static readonly OrderId NoOrder = OrderId.Of(OrderId.CountMax, 0);

    private const long LogTimePerCommand = 1_000;

    private readonly ApplyEntry _apply;
    private readonly OutputBuffer _events = new(1 << 16);
    private readonly OutputBuffer _results = new(1 << 14);
    private readonly byte[] _payload = new byte[CommandsMax * CommandRules.SizeMax];
    private readonly ulong[] _numbers = new ulong[2];
    private int _length;
    private uint _count;
    private ulong _index;
    private long _now = 1_700_000_000_000_000_000;
    private long _ticks;

    /// <summary>A new state machine, set up.</summary>
    public ReplayMachine()
        : this(new ExchangeMachine().Apply)
    {
    }

    /// <summary>Sets up whatever answers as the state machine does.</summary>
    public ReplayMachine(ApplyEntry apply)
    {
        _apply = apply;
        ReplaySetup.Apply(this);
        _ticks = 0;
    }

    public static InstrumentId Instrument => new(1);

    /// <summary>Commands gathered and not yet applied.</summary>
    public int Gathered => (int)_count;

    public bool IsFull => _count == CommandsMax;

    /// <summary>Events of the last entry.</summary>
    public ReadOnlySpan<byte> Events => _events.Written;

    /// <summary>Results of the last entry, one for each command.</summary>
    public ReadOnlySpan<CommandResult> Results => MemoryMarshal.Cast<byte, CommandResult>(_results.Written);

    /// <summary>Nanoseconds spent in applying entries, the setup not included.</summary>
    public double Nanoseconds => _ticks * (1e9 / Stopwatch.Frequency);

    /// <summary>Log time of the last entry.</summary>
    public long Now => _now;

    /// <summary>Gathers a trader's command for the account of a side; the caller fills in the body.</summary>
    /// <param name="kind">The kind of the layout.</param>
    /// <param name="side">Whose account: the buyer's or the seller's.</param>
    /// <param name="correlation">Comes back with the command's events.</param>
    public ref T Trade<T>(CommandKind kind, Side side, UInt128 correlation)
        where T : unmanaged
    {
        ref var command = ref Gather<T>(kind);
        ref var header = ref HeaderOf(ref command);
        header.Account = ReplaySetup.AccountOf(side);
        header.Instrument = Instrument;
        header.User = UserId.Root;
        header.Dedup = DedupMode.Session;
        header.Session = ReplaySetup.SessionOf(side);
        header.Stamp = ++_numbers[(int)side];
        header.Correlation = correlation;
        return ref command;
    }

    /// <summary>Gathers any command; the caller fills in the rest of the header and the body.</summary>
    public ref T Gather<T>(CommandKind kind)
        where T : unmanaged
    {
        Invariant.Check(!IsFull);
        var size = Unsafe.SizeOf<T>();
        var place = _payload.AsSpan(_length, size);
        place.Clear();
        _length += size;
        _count++;
        ref var command = ref MemoryMarshal.AsRef<T>(place);
        ref var header = ref HeaderOf(ref command);
        header.Length = (ushort)size;
        header.Kind = kind;
        header.Version = CommandHeader.CurrentVersion;
        return ref command;
    }

    /// <summary>Applies what was gathered as one entry.</summary>
    public void Apply()
    {
        _events.Clear();
        _results.Clear();
        _now += _count * LogTimePerCommand;
        var header = new EntryHeader
        {
            ClusterId = 1,
            Term = 1,
            Index = ++_index,
            Timestamp = _now,
            Kind = EntryKind.Commands,
            Version = EntryHeader.CurrentVersion,
            Epoch = 1,
            CommandCount = _count,
            PayloadLength = (uint)_length,
        };
        var start = Stopwatch.GetTimestamp();
        _apply(in header, _payload.AsSpan(0, _length), _events, _results);
        _ticks += Stopwatch.GetTimestamp() - start;
        (_length, _count) = (0, 0);
    }

    /// <summary>The header that every command's layout begins with.</summary>
    internal static ref CommandHeader HeaderOf<T>(ref T command)
        where T : unmanaged => ref Unsafe.As<T, CommandHeader>(ref command);
}
