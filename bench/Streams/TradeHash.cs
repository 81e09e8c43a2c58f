using System.Runtime.CompilerServices;

namespace Exchange.Rsm.Bench.Streams;

/// <summary>The trades of a replay, as one number: the hash that comes with the OPS1 workloads.</summary>
internal struct TradeHash
{
    public ulong Value;
    public long Trades;
    public long Volume;

    // Unchecked: a hash wraps.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong maker, ulong taker, long price, long quantity)
    {
        unchecked
        {
            var hash = Value ^ ((maker * 0x9E3779B97F4A7C15) + (taker * 0xC2B2AE3D27D4EB4F)
                + ((ulong)price * 0x165667B19E3779F9) + (ulong)quantity);
            hash *= 0xFF51AFD7ED558CCD;
            Value = hash ^ (hash >> 32);
            Trades++;
            Volume += quantity;
        }
    }
}
