namespace Exchange.Rsm.Replication.Tests.Disk;

public sealed class PowerCutDiskTests : DiskConformance
{
    private PowerCutDisk _disk = new();

    internal override IDrivenDisk Open() => _disk;

    internal override void Close(IDrivenDisk disk) => _disk = ((PowerCutDisk)disk).Copy();
}
