using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Bench.Wal;

/// <summary>Makes entries one after the other, chained as a leader chains them.</summary>
internal sealed class EntryMaker : IDisposable
{
    private readonly ChainHasher _hasher = new();
    private EntryHeader _header;

    public EntryMaker(ulong lastIndex, ulong term, ChainHash lastChain)
    {
        _header.ClusterId = 7;
        _header.Index = lastIndex;
        _header.Term = term;
        _header.ChainHash = lastChain;
        _header.Kind = EntryKind.Commands;
        _header.Epoch = 1;
        _header.CommandCount = 1;
    }

    public ref readonly EntryHeader Next(ReadOnlySpan<byte> payload)
    {
        var previous = _header.ChainHash;
        _header.Index++;
        _header.Timestamp++;
        EntryCodec.Seal(ref _header, payload, in previous, _hasher);
        return ref _header;
    }

    public void Dispose() => _hasher.Dispose();
}
