using Exchange.Rsm.Replication.Tests.Disk;

namespace Exchange.Rsm.Storage.Tests.Files;

public sealed class FileDiskConformanceTests : DiskConformance, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal override IDrivenDisk Open() => new DrivenFileDisk(_folder);

    internal override void Close(IDrivenDisk disk) => ((DrivenFileDisk)disk).Dispose();
}
