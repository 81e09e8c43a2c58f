using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;
using Exchange.Rsm.Replication.Tests.Wal;

namespace Exchange.Rsm.Storage.Tests.Files;

public sealed class WalOnFilesTests : WalConformance, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-wal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal override IDrivenDisk Open() => new DrivenFileDisk(_folder);

    internal override void Close(IDrivenDisk disk) => ((DrivenFileDisk)disk).Dispose();

    internal override void Flip(FileId file, long offset)
    {
        using var stream = File.Open(Path.Combine(_folder, FileNames.Of(file)), FileMode.Open);
        stream.Position = offset;
        var value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 1));
    }
}
