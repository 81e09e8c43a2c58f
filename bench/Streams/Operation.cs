using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Bench.Streams;

/// <summary>What an operation of a benchmark stream does. The first five are numbered as in OPS1 files.</summary>
internal enum OperationKind : byte
{
    New = 0,
    ImmediateOrCancel = 1,
    Cancel = 2,

    /// <summary>New price, same remaining quantity, priority lost.</summary>
    Move = 3,

    /// <summary>New price and new remaining quantity, priority lost.</summary>
    Replace = 4,
}

/// <summary>One operation, the same for every kind of stream: two to a cache line.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
internal struct Operation
{
    public OperationKind Kind;

    /// <summary>Meaningful for new orders only: the engine looks it up for the others.</summary>
    public Side Side;

    /// <summary>From zero.</summary>
    public ushort Symbol;

    /// <summary>From one.</summary>
    public int Account;

    /// <summary>The order, from one: dense, and never used for another.</summary>
    public int Order;

    public long Price;
    public long Quantity;
}
