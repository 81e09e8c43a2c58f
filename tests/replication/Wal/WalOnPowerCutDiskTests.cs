using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;

namespace Exchange.Rsm.Replication.Tests.Wal;

public sealed class WalOnPowerCutDiskTests : WalConformance
{
    private PowerCutDisk _disk = new();

    internal override IDrivenDisk Open() => _disk;

    internal override void Close(IDrivenDisk disk) => _disk = ((PowerCutDisk)disk).Copy();

    internal override void Flip(FileId file, long offset) => _disk.Flip(file, offset);
}
