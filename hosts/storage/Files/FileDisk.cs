using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>
/// The files of one replica in one folder. Writes go past the page cache and are durable when they return, where the
/// file system can; else they are durable all the same. Three threads: for writes, for reads, and for what makes, names
/// and removes files, which may take long.
/// <para>A completed request waits in the disk until the replica's own thread takes it by <see cref="TryTake"/>.
/// </para>
/// </summary>
public sealed class FileDisk : IDisk, IDisposable
{
    private const int ZerosLength = 1 << 20;

    private readonly string _folder;
    private readonly IFileCalls _calls;
    private readonly Action _wake;
    private readonly Dictionary<FileId, int> _descriptors = [];
    private readonly Queue<DiskRequest> _completed = new();
    private readonly Memory<byte> _zeros = AlignedMemory.Allocate(ZerosLength);
    private readonly DiskLane _writes;
    private readonly DiskLane _reads;
    private readonly DiskLane _names;
    private readonly int _lock;
    private readonly int _folderDescriptor;
    private volatile bool _isBuffered;

    /// <summary>Opens a folder for this process alone; makes it where it is missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="wake">Called from a thread of the disk when a request is completed. Must not block.</param>
    /// <param name="calls">The operating system, or what stands in for it.</param>
    /// <exception cref="StorageException">The folder cannot be used, or is in use.</exception>
    public FileDisk(string folder, Action wake, IFileCalls? calls = null)
    {
        _folder = folder;
        _wake = wake;
        _calls = calls ?? new PosixCalls();
        Make(Path.GetFullPath(folder));
        _lock = TakeLock();
        _folderDescriptor = (int)Must(_calls.Open(folder, OpenOptions.Folder), folder);
        foreach (var unfinished in Directory.EnumerateFiles(folder, "*" + FileNames.Unfinished))
        {
            Must(_calls.Delete(unfinished), unfinished);
        }

        _writes = new DiskLane("disk writes", Do, Complete);
        _reads = new DiskLane("disk reads", Do, Complete);
        _names = new DiskLane("disk files", Do, Complete);
    }

    /// <summary>Whether writes go past the page cache. False once the file system has refused that.</summary>
    public bool IsDirect => !_isBuffered;

    /// <summary>For how long the write at work has been at work: the watchdog's figure.</summary>
    public TimeSpan WriteAge => _writes.Age;

    /// <summary>How long writes took, each durable at its end.</summary>
    public LatencyHistogram WriteTimes => _writes.Times;

    /// <summary>Memory as <see cref="Allocate"/> gives it, without a disk.</summary>
    /// <param name="length">Bytes, a positive multiple of <see cref="IDisk.Sector"/>.</param>
    /// <returns>The memory.</returns>
    public static Memory<byte> AllocateAligned(int length) => AlignedMemory.Allocate(length);

    /// <inheritdoc/>
    public Memory<byte> Allocate(int length) => AllocateAligned(length);

    /// <inheritdoc/>
    public IReadOnlyList<FileListing> List() => FileNames.List(_folder);

    /// <inheritdoc/>
    public DiskError ReadNow(FileId file, long offset, Span<byte> buffer)
    {
        if (!_isBuffered && !AlignedMemory.IsAligned(buffer, offset))
        {
            return ReadUnaligned(file, offset, buffer);
        }

        var descriptor = DescriptorOf(file);
        if (descriptor < 0)
        {
            return ErrorOf(descriptor);
        }

        // A large read may come back in parts; the end of the file does not.
        while (buffer.Length > 0)
        {
            var read = _calls.Read((int)descriptor, buffer, offset);
            if (read <= 0)
            {
                return read < 0 ? ErrorOf(read) : DiskError.Short;
            }

            buffer = buffer[(int)read..];
            offset += read;
            if (buffer.Length > 0 && read % IDisk.Sector != 0)
            {
                return DiskError.Short;
            }
        }

        return DiskError.None;
    }

    /// <inheritdoc/>
    public void Submit(DiskRequest request)
    {
        var lane = request.Operation switch
        {
            DiskOperation.Write => _writes,
            DiskOperation.Read => _reads,
            _ => _names,
        };
        lane.Add(request);
    }

    /// <summary>Takes a request that has come back.</summary>
    /// <param name="request">The request.</param>
    /// <returns>False where there is none.</returns>
    public bool TryTake(out DiskRequest? request)
    {
        lock (_completed)
        {
            return _completed.TryDequeue(out request);
        }
    }

    /// <summary>Ends what is under way and closes the folder.</summary>
    public void Dispose()
    {
        _writes.Dispose();
        _reads.Dispose();
        _names.Dispose();
        foreach (var descriptor in _descriptors.Values)
        {
            _calls.Close(descriptor);
        }

        _descriptors.Clear();
        _calls.Close(_folderDescriptor);
        _calls.Close(_lock);
    }

    private void Complete(DiskRequest request)
    {
        lock (_completed)
        {
            _completed.Enqueue(request);
        }

        _wake();
    }

    private DiskError Do(DiskRequest request) => request.Operation switch
    {
        DiskOperation.Create => Create(request.File, request.Length),
        DiskOperation.Write => Write(request),
        DiskOperation.Read => ReadNow(request.File, request.Offset, request.Buffer.Span),
        DiskOperation.Rename => Rename(request.File, request.Target),
        DiskOperation.Delete => Delete(request.File),
        _ => throw new InvariantViolationException("a disk request has an operation"),
    };

    // One call: what it does not write is not tried again, since what it has written is not known.
    private DiskError Write(DiskRequest request)
    {
        var bytes = request.Buffer.Span;
        Invariant.Check(AlignedMemory.IsAligned(bytes, request.Offset));
        var descriptor = DescriptorOf(request.File);
        if (descriptor < 0)
        {
            return ErrorOf(descriptor);
        }

        var written = _calls.Write((int)descriptor, bytes, request.Offset);
        if (written < 0)
        {
            return ErrorOf(written);
        }

        return written == bytes.Length ? DiskError.None : DiskError.Short;
    }

    // Under another name until it is whole: a file that is there has its size.
    private DiskError Create(FileId file, long length)
    {
        Invariant.Check(length > 0);
        Invariant.Check(length % IDisk.Sector == 0);
        if (File.Exists(PathOf(file)))
        {
            return DiskError.Name;
        }

        var unfinished = PathOf(file) + FileNames.Unfinished;
        var descriptor = OpenToFill(unfinished);
        if (descriptor < 0)
        {
            return ErrorOf(descriptor);
        }

        var error = Fill((int)descriptor, length);
        _calls.Close((int)descriptor);
        if (error == DiskError.None)
        {
            error = ErrorOf(_calls.Rename(unfinished, PathOf(file)));
        }

        if (error != DiskError.None)
        {
            _calls.Delete(unfinished);
        }

        var synced = ErrorOf(_calls.Sync(_folderDescriptor));
        return error == DiskError.None ? synced : error;
    }

    private DiskError Fill(int descriptor, long length)
    {
        for (var offset = 0L; offset < length;)
        {
            var part = _zeros.Span[..(int)Math.Min(ZerosLength, length - offset)];
            var written = _calls.Write(descriptor, part, offset);
            if (written != part.Length)
            {
                return written < 0 ? ErrorOf(written) : DiskError.NoSpace;
            }

            offset += written;
        }

        return ErrorOf(_calls.Sync(descriptor));
    }

    private DiskError Rename(FileId file, FileId target)
    {
        if (!File.Exists(PathOf(file)) || File.Exists(PathOf(target)))
        {
            return DiskError.Name;
        }

        // The descriptor stays that of the same file.
        lock (_descriptors)
        {
            if (_descriptors.Remove(file, out var descriptor))
            {
                _descriptors.Add(target, descriptor);
            }
        }

        var error = ErrorOf(_calls.Rename(PathOf(file), PathOf(target)));
        return error == DiskError.None ? ErrorOf(_calls.Sync(_folderDescriptor)) : error;
    }

    private DiskError Delete(FileId file)
    {
        lock (_descriptors)
        {
            if (_descriptors.Remove(file, out var descriptor))
            {
                _calls.Close(descriptor);
            }
        }

        var error = ErrorOf(_calls.Delete(PathOf(file)));
        return error == DiskError.None ? ErrorOf(_calls.Sync(_folderDescriptor)) : error;
    }

    private DiskError ReadUnaligned(FileId file, long offset, Span<byte> buffer)
    {
        var start = offset & ~(long)(IDisk.Sector - 1);
        var end = (offset + buffer.Length + IDisk.Sector - 1) & ~(long)(IDisk.Sector - 1);
        var whole = Allocate((int)(end - start));
        var error = ReadNow(file, start, whole.Span);
        whole.Span.Slice((int)(offset - start), buffer.Length).CopyTo(buffer);
        return error;
    }

    private long DescriptorOf(FileId file)
    {
        lock (_descriptors)
        {
            if (_descriptors.TryGetValue(file, out var known))
            {
                return known;
            }

            var opened = OpenDirect(PathOf(file), OpenOptions.Write | OpenOptions.Durable);
            if (opened >= 0)
            {
                _descriptors.Add(file, (int)opened);
            }

            return opened;
        }
    }

    private long OpenToFill(string path) => OpenDirect(path, OpenOptions.Write | OpenOptions.Create);

    // Some file systems have no O_DIRECT: durable without it, then.
    private long OpenDirect(string path, OpenOptions flags)
    {
        if (!_isBuffered)
        {
            var opened = _calls.Open(path, flags | OpenOptions.Direct);
            if (opened != -Errno.Invalid)
            {
                return opened;
            }

            _isBuffered = true;
            if (flags.HasFlag(OpenOptions.Create))
            {
                _calls.Delete(path);
            }
        }

        return _calls.Open(path, flags);
    }

    // A new folder, and each it stands in that is new, has a durable name before anything is promised of its files.
    private void Make(string folder)
    {
        var parent = Path.GetDirectoryName(folder);
        if (parent is null)
        {
            return;
        }

        var isNew = !Directory.Exists(folder);
        if (isNew)
        {
            Make(parent);
            Directory.CreateDirectory(folder);
        }

        // Also where it is there: it may have been made just before a crash.
        var descriptor = _calls.Open(parent, OpenOptions.Folder);
        if (descriptor < 0 && !isNew)
        {
            // Somebody else's folder, which may not even be read.
            return;
        }

        Must(descriptor, parent);

        var synced = _calls.Sync((int)descriptor);
        _calls.Close((int)descriptor);
        Must(synced, parent);
    }

    private int TakeLock()
    {
        var path = Path.Combine(_folder, FileNames.Lock);
        var descriptor = _calls.Open(path, OpenOptions.Write | OpenOptions.Create);
        descriptor = descriptor == -Errno.Exists ? _calls.Open(path, OpenOptions.Write) : descriptor;
        Must(descriptor, path);
        if (_calls.Lock((int)descriptor) < 0)
        {
            _calls.Close((int)descriptor);
            throw new StorageException($"{_folder} is in use by another process");
        }

        return (int)descriptor;
    }

    private string PathOf(FileId file) => Path.Combine(_folder, FileNames.Of(file));

    private static long Must(long answer, string path) =>
        answer >= 0 ? answer : throw new StorageException($"{path}: error {-answer}");

    private static DiskError ErrorOf(long answer) => answer >= 0
        ? DiskError.None
        : -answer switch
        {
            Errno.NoSpace or Errno.Quota or Errno.TooLarge => DiskError.NoSpace,
            Errno.NotFound or Errno.Exists => DiskError.Name,
            _ => DiskError.Device,
        };
}
