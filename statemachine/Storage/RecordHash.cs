using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>
/// Hash of one record at its place. The state hash is the sum of all records' hashes, so a change costs two of these
/// whatever the size of the state. The pairs of words are mixed independently and added: the multiplications overlap.
/// </summary>
internal static class RecordHash
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    public static ulong Of<T>(in T record, ushort kind, int slot)
        where T : unmanaged
    {
        ref var words = ref Unsafe.As<T, ulong>(ref Unsafe.AsRef(in record));
        var place = ((ulong)kind << 32) | (uint)slot;
        var sum = 0UL;
        var position = place;
        for (var i = 0; i < Unsafe.SizeOf<T>() / 8; i += 2)
        {
            position = unchecked(position + Golden);
            var mixed = StableHash.Mix(Unsafe.Add(ref words, i) ^ position, Unsafe.Add(ref words, i + 1) ^ position);
            sum = unchecked(sum + mixed);
        }

        return StableHash.Mix(sum, place);
    }
}
