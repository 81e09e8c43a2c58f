using System.Buffers.Binary;

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

    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the first command.</summary>
    /// <param name="payload">The payload; any bytes.</param>
    public BatchReader(ReadOnlySpan<byte> payload) => _rest = payload;

    /// <summary>Takes the next command.</summary>
    /// <param name="command">Its bytes, or what was left where framing was lost. Not yet checked.</param>
    /// <returns>False at the end of the payload.</returns>
    public bool TryRead(out ReadOnlySpan<byte> command)
    {
        var rest = _rest;
        if (rest.IsEmpty)
        {
            command = default;
            return false;
        }

        var length = rest.Length >= HeaderSize ? BinaryPrimitives.ReadUInt16LittleEndian(rest) : 0;
        if (length < HeaderSize || length > rest.Length)
        {
            length = rest.Length;
        }

        command = rest[..length];
        _rest = rest[length..];
        return true;
    }
}
