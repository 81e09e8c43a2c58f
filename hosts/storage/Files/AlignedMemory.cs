using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>Memory that starts at a sector and never moves, as writes past the page cache need it.</summary>
internal static class AlignedMemory
{
    /// <summary>
    /// A part of a pinned array: the collector neither moves it nor frees it while somebody refers to the part.
    /// </summary>
    public static Memory<byte> Allocate(int length)
    {
        Invariant.Check(length > 0);
        Invariant.Check(length % IDisk.Sector == 0);
        var array = GC.AllocateArray<byte>(length + IDisk.Sector, pinned: true);
        var start = Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        var over = (int)(start % IDisk.Sector);
        return array.AsMemory(over == 0 ? 0 : IDisk.Sector - over, length);
    }

    public static unsafe bool IsAligned(ReadOnlySpan<byte> bytes, long offset)
    {
        var start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        return start % IDisk.Sector == 0 && bytes.Length % IDisk.Sector == 0 && offset % IDisk.Sector == 0;
    }
}
