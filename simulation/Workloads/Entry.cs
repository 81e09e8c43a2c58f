using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>One log entry: header and payload.</summary>
/// <param name="header">The header.</param>
/// <param name="payload">The payload, of the header's length.</param>
public sealed class Entry(EntryHeader header, byte[] payload)
{
    private readonly EntryHeader _header = header;
    private readonly byte[] _payload = payload;

    public ref readonly EntryHeader Header => ref _header;

    public ReadOnlySpan<byte> Payload => _payload;
}
