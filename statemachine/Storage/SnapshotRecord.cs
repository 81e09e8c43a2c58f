using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>One record in a snapshot's stream.</summary>
internal static class SnapshotRecord
{
    public static void Append<T>(OutputBuffer output, ushort kind, int slot, in T record, bool isRemoved)
        where T : unmanaged
    {
        var content = isRemoved ? [] : MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in record));
        ref var header = ref output.Append<SnapshotRecordHeader>();
        header = new SnapshotRecordHeader
        {
            Length = (uint)content.Length,
            Kind = kind,
            Removed = (ushort)(isRemoved ? 1 : 0),
            Key = (UInt128)(uint)slot,
            Checksum = SnapshotRecordHeader.ChecksumOf(kind, (uint)slot, content),
        };
        if (!isRemoved)
        {
            Unsafe.WriteUnaligned(ref Unsafe.As<T, byte>(ref output.Append<T>()), record);
        }
    }
}
