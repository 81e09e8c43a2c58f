using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// Walks the commands of an entry's payload: back to back, each as long as its own header says. Where a length is below
/// 64 or runs past the end, framing is lost: all that is left is yielded as one command, which
/// <see cref="CommandDecoder.Check"/> finds malformed. It does not count: the caller asks as often as the entry's
/// header says, answers malformed for what is missing, and ignores the rest.
/// </summary>
public ref struct BatchReader
{
    private const int HeaderSize = 64;

    private readonly ReadOnlySpan<byte> _payload;
    private int _position;

    /// <summary>Starts at the first command.</summary>
    /// <param name="payload">The payload; any bytes.</param>
    public BatchReader(ReadOnlySpan<byte> payload) => _payload = payload;

    /// <summary>Where the next command starts in the payload; its length at the end.</summary>
    public readonly int Position => _position;

    /// <summary>Takes the next command.</summary>
    /// <param name="command">Its bytes, or what was left where framing was lost. Not yet checked.</param>
    /// <returns>False at the end of the payload.</returns>
    public bool TryRead(out ReadOnlySpan<byte> command)
    {
        var start = _position;
        var length = Skip();
        command = _payload.Slice(start, length);
        return length != 0;
    }

    /// <summary>Passes over the next command, which starts at <see cref="Position"/>.</summary>
    /// <returns>Its length, or what was left where framing was lost; zero at the end of the payload.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Skip()
    {
        // Unchecked: the position never passes the payload's end.
        unchecked
        {
            var left = _payload.Length - _position;
            var length = 0;
            if (left >= HeaderSize)
            {
                ref var next = ref Unsafe.Add(ref MemoryMarshal.GetReference(_payload), _position);
                length = BitConverter.IsLittleEndian
                    ? Unsafe.ReadUnaligned<ushort>(ref next)
                    : BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(ref next));
            }

            if (length < HeaderSize || length > left)
            {
                length = left;
            }

            _position += length;
            return length;
        }
    }
}
