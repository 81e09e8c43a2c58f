using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Bench.Snapshots;

/// <summary>No peers, so nothing is sent or received: the port is there and nobody uses it.</summary>
internal sealed class NoDisk : IDisk
{
    public Memory<byte> Allocate(int length) => new byte[length];

    public IReadOnlyList<FileListing> List() => [];

    public DiskError ReadNow(FileId file, long offset, Span<byte> buffer) => DiskError.Name;

    public void Submit(DiskRequest request) => throw new NotSupportedException();
}
