using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Bench.Streams;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Bench.Full;

/// <summary>
/// Turns operations into the bytes of commands, given the order ids that the machine assigned to earlier ones. Each
/// account has a user, and a session in which its commands are numbered.
/// </summary>
internal sealed class OperationCommands(OperationStream stream, DedupMode dedup)
{
    private readonly ulong[] _numbers = new ulong[stream.Accounts + 1];
    private readonly byte[] _bytes = new byte[CommandRules.SizeMax];
    private ulong _keys;

    // Account and user 1 are of genesis; the sessions are opened in order of account.
    public static AccountId AccountOf(int account) => new((uint)account + 1);

    public static UserId UserOf(int account) => new((uint)account + 1);

    public static SessionId SessionOf(int account) => new((uint)account);

    public static InstrumentId InstrumentOf(int symbol) => new((uint)symbol + 1);

    /// <summary>The command of an operation; valid until the next call.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="id">The order's id, where it has one.</param>
    /// <param name="executed">What the order has traded so far.</param>
    /// <param name="now">Log time, for the stamp of a key.</param>
    public ReadOnlySpan<byte> Encode(in Operation operation, OrderId id, long executed, long now)
    {
        switch (operation.Kind)
        {
            case OperationKind.New:
            case OperationKind.ImmediateOrCancel:
                ref var place = ref Begin<PlaceOrder>(CommandKind.PlaceOrder, in operation, now);
                place.Side = operation.Side;
                place.Type = OrderType.Limit;
                place.TimeInForce = operation.Kind == OperationKind.New
                    ? TimeInForce.GoodTillCancel
                    : TimeInForce.ImmediateOrCancel;
                place.Price = new Price(operation.Price);
                place.Quantity = new Quantity(operation.Quantity);
                return _bytes.AsSpan(0, Unsafe.SizeOf<PlaceOrder>());
            case OperationKind.Cancel:
                Begin<CancelOrder>(CommandKind.CancelOrder, in operation, now).OrderId = id;
                return _bytes.AsSpan(0, Unsafe.SizeOf<CancelOrder>());
            default:
                ref var replace = ref Begin<ReplaceOrder>(CommandKind.ReplaceOrder, in operation, now);
                replace.OrderId = id;
                replace.Price = new Price(operation.Price);

                // The command's quantity is the total; an operation's is what shall be open. Zero keeps the total.
                replace.Quantity = new Quantity(
                    operation.Kind == OperationKind.Replace ? executed + operation.Quantity : 0);
                return _bytes.AsSpan(0, Unsafe.SizeOf<ReplaceOrder>());
        }
    }

    private ref T Begin<T>(CommandKind kind, in Operation operation, long now)
        where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>();
        _bytes.AsSpan(0, size).Clear();
        ref var header = ref MemoryMarshal.AsRef<CommandHeader>(_bytes.AsSpan());
        header.Length = (ushort)size;
        header.Kind = kind;
        header.Version = CommandHeader.CurrentVersion;
        header.Account = AccountOf(operation.Account);
        header.User = UserOf(operation.Account);
        header.Instrument = InstrumentOf(operation.Symbol);
        header.Dedup = dedup;
        if (dedup == DedupMode.Session)
        {
            header.Session = SessionOf(operation.Account);
            header.Stamp = ++_numbers[operation.Account];
        }
        else
        {
            header.Stamp = (ulong)now;
            header.Key = new UInt128(StableHash.Mix(++_keys, 1), StableHash.Mix(_keys, 2) | 1);
        }

        return ref MemoryMarshal.AsRef<T>(_bytes.AsSpan());
    }
}
