using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Exchange.Rsm.Contracts.Log;

/// <summary>
/// Computes chain hashes and keeps its working memory from one to the next, so that an entry costs no allocation.
/// It carries nothing over: each hash depends on its arguments alone. One thread at a time.
/// </summary>
public sealed class ChainHasher : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The hash that binds an entry to all before it; see <see cref="EntryHeader.ChainHash"/>.</summary>
    /// <param name="previous">Chain hash of the entry before; <see cref="ChainHash.Genesis"/> for the first.</param>
    /// <param name="header">The entry's header; its last 32 bytes are not read.</param>
    /// <param name="payload">The entry's payload.</param>
    /// <returns>SHA-256 over the previous hash, the header's first 64 bytes, and the payload.</returns>
    public ChainHash Of(in ChainHash previous, in EntryHeader header, ReadOnlySpan<byte> payload)
    {
        _hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<ChainHash>(in previous)));
        _hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<EntryHeader>(in header))[..EntryCodec.ChainedSize]);
        _hash.AppendData(payload);
        Unsafe.SkipInit(out ChainHash result);
        var length = _hash.GetHashAndReset(MemoryMarshal.AsBytes(new Span<ChainHash>(ref result)));
        Invariant.Check(length == EntryCodec.ChainHashSize);
        return result;
    }

    /// <summary>Frees the working memory.</summary>
    public void Dispose() => _hash.Dispose();
}
