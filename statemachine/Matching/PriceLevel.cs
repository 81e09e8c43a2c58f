using System.Runtime.InteropServices;

namespace Exchange.Rsm.StateMachine.Matching;

/// <summary>The orders of one side at one price, first in first out. Two to a cache line.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct PriceLevel
{
    public long Price;

    /// <summary>Sum of the visible lots of its orders.</summary>
    public long Visible;

    /// <summary>Slot of the earliest order, or −1.</summary>
    public int Head;

    /// <summary>Slot of the latest order, or −1.</summary>
    public int Tail;

    /// <summary>Number of orders; a level with none counts as absent.</summary>
    public int Orders;
}
