using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// Which bytes of a kind of record are replicated, found by letting a record clear the derived ones. Those stand in its
/// first or last 64 bytes; of a record whose size is no multiple of 64 in its last 32.
/// </summary>
internal struct RecordMask
{
    private const int Block = 32;
    private const int Line = 64;

    /// <summary>Of the first 64 bytes; all set where the record is shorter.</summary>
    public Vector512<byte> First;

    /// <summary>
    /// Of the last 64 bytes. Where the size is no multiple of 64, the upper half is of the last block, which may be
    /// half there.
    /// </summary>
    public Vector512<byte> Last;

    public static RecordMask Of<T>()
        where T : unmanaged, IRecord<T>
    {
        T ones;
        Unsafe.SkipInit(out ones);
        var bytes = MemoryMarshal.AsBytes(new Span<T>(ref ones));
        bytes.Fill(0xFF);
        T.ClearDerived(ref ones);
        Invariant.Check(bytes.Length % (Block / 2) == 0);
        var mask = new RecordMask { First = Vector512<byte>.AllBitsSet };
        if (bytes.Length % Line == 0)
        {
            Invariant.Check(bytes.Length <= 2 * Line || bytes[Line..^Line].IndexOf((byte)0) < 0);
            mask.First = Vector512.Create<byte>(bytes[..Line]);
            mask.Last = Vector512.Create<byte>(bytes[^Line..]);
            return mask;
        }

        var start = (bytes.Length - 1) / Block * Block;
        Invariant.Check(bytes[..start].IndexOf((byte)0) < 0);
        Span<byte> block = stackalloc byte[Block];
        bytes[start..].CopyTo(block);
        mask.Last = Vector512.Create(Vector256<byte>.AllBitsSet, Vector256.Create<byte>(block));
        return mask;
    }
}
