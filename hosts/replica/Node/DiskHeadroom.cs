namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>
/// Looks every second at how much of the disk is free, on a thread of its own: the question can take long where the
/// disk is ill. While it is too little, nothing new is taken: a full disk is refused ahead and never met.
/// </summary>
internal sealed class DiskHeadroom : IDisposable
{
    private readonly DriveInfo _drive;
    private readonly long _bytesMin;
    private readonly Timer _timer;
    private long _free;

    public DiskHeadroom(string folder, long bytesMin)
    {
        _drive = new DriveInfo(Path.GetFullPath(folder));
        _bytesMin = bytesMin;
        Look();
        _timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public long FreeBytes => Volatile.Read(ref _free);

    public bool IsLow => FreeBytes < _bytesMin;

    public void Dispose() => _timer.Dispose();

    private void Look() => Volatile.Write(ref _free, _drive.AvailableFreeSpace);
}
