using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Tests.Disk;

namespace Exchange.Rsm.Storage.Tests.Files;

/// <summary>Files in a temporary folder, driven by a test.</summary>
internal sealed class DrivenFileDisk : IDrivenDisk, IDisposable
{
    private readonly SemaphoreSlim _ended = new(0);
    private readonly FileDisk _disk;
    private int _underWay;

    public DrivenFileDisk(string folder, IFileCalls? calls = null) =>
        _disk = new FileDisk(folder, () => _ended.Release(), calls);

    public bool IsIdle => _underWay == 0;

    public bool IsDirect => _disk.IsDirect;

    public TimeSpan WriteAge => _disk.WriteAge;

    public Memory<byte> Allocate(int length) => _disk.Allocate(length);

    public IReadOnlyList<FileListing> List() => _disk.List();

    public DiskError ReadNow(FileId file, long offset, Span<byte> buffer) => _disk.ReadNow(file, offset, buffer);

    public void Submit(DiskRequest request)
    {
        _underWay++;
        _disk.Submit(request);
    }

    public DiskRequest CompleteNext()
    {
        _ended.Wait(TestContext.Current.CancellationToken);
        Assert.True(_disk.TryTake(out var request));
        _underWay--;
        return request!;
    }

    public void Dispose()
    {
        _disk.Dispose();
        _ended.Dispose();
    }
}
