using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Bench.Parts;

/// <summary>What is done to bytes on the way in and out.</summary>
[MemoryDiagnoser]
public class BytesParts : IDisposable
{
    private readonly byte[] _place = Commands
        .Limit(new AccountId(2), new InstrumentId(1), Side.Buy, 100, 10)
        .InSession(new SessionId(1), 1)
        .Bytes.ToArray();

    private readonly byte[] _block = new byte[64 * 144];
    private readonly OutputBuffer _events = new(1 << 16);
    private readonly ChainHasher _hasher = new();
    private EntryHeader _header;

    [GlobalCleanup]
    public void Dispose()
    {
        _hasher.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public RejectCode Decode_of_a_placed_order() => CommandDecoder.Check(_place);

    [Benchmark]
    public ulong Stable_hash_of_64_bytes() => StableHash.Of(_block.AsSpan(0, 64), 1);

    [Benchmark]
    public ulong Stable_hash_of_one_kilobyte() => StableHash.Of(_block.AsSpan(0, 1024), 1);

    [Benchmark]
    public UInt128 Identity_of_a_keyed_command() =>
        CommandIdentity.OfKey(new AccountId(2), CommandKind.PlaceOrder, new InstrumentId(1), 77);

    [Benchmark]
    public ulong Fingerprint_of_a_placed_order() => CommandIdentity.Fingerprint(_place);

    [Benchmark]
    public uint Checksum_of_an_entry_of_64_orders() => Crc32C.Of(_block);

    [Benchmark]
    public ChainHash Chain_hash_of_an_entry_of_64_orders() => _hasher.Of(ChainHash.Genesis, in _header, _block);

    [Benchmark]
    public long Append_of_a_trade_event()
    {
        if (_events.Length > 1 << 15)
        {
            _events.Clear();
        }

        ref var trade = ref _events.Append<TradeExecuted>();
        trade = default;
        trade.Header.Length = (ushort)Marshal.SizeOf<TradeExecuted>();
        trade.Header.Kind = EventKind.TradeExecuted;
        _header.Index++;
        return trade.Header.Length;
    }
}
