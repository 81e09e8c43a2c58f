using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>
/// The files of a replica for whoever only looks: nothing is made, written, renamed or removed, not even the lock.
/// Where no process has the folder, its lock is shared while this is open, so that no member starts over files that are
/// being read; where one has it, it is left alone and <see cref="IsInUse"/> says so. Reads are done at once, on the
/// caller's thread, and come back by <see cref="TryTake"/>.
/// </summary>
public sealed class ReadOnlyDisk : IDisk, IDisposable
{
    private readonly string _folder;
    private readonly Dictionary<FileId, FileStream> _files = [];
    private readonly Queue<DiskRequest> _completed = new();
    private readonly FileStream? _lock;

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="StorageException">There is none.</exception>
    public ReadOnlyDisk(string folder)
    {
        _folder = folder;
        if (!Directory.Exists(folder))
        {
            throw new StorageException($"{folder}: no such folder");
        }

        var path = Path.Combine(folder, FileNames.Lock);
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            // Sharing for reading is a shared lock of the file; a member has it alone.
            _lock = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (IOException)
        {
            IsInUse = true;
        }
    }

    /// <summary>A running process has the folder: what is read may be half written.</summary>
    public bool IsInUse { get; }

    /// <summary>The name of a file in the folder.</summary>
    /// <param name="file">The file.</param>
    /// <returns>Its name, without the folder.</returns>
    public static string NameOf(FileId file) => FileNames.Of(file);

    /// <inheritdoc/>
    public Memory<byte> Allocate(int length) => AlignedMemory.Allocate(length);

    /// <inheritdoc/>
    public IReadOnlyList<FileListing> List() => FileNames.List(_folder);

    /// <inheritdoc/>
    public DiskError ReadNow(FileId file, long offset, Span<byte> buffer)
    {
        try
        {
            var stream = StreamOf(file);
            stream.Position = offset;
            return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length
                ? DiskError.None
                : DiskError.Short;
        }
        catch (FileNotFoundException)
        {
            return DiskError.Name;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What cannot be read is named by whoever asked for it.
            return DiskError.Device;
        }
    }

    /// <inheritdoc/>
    public void Submit(DiskRequest request)
    {
        Invariant.Check(request.Operation == DiskOperation.Read);
        request.Error = ReadNow(request.File, request.Offset, request.Buffer.Span);
        _completed.Enqueue(request);
    }

    /// <summary>Takes a request that has come back.</summary>
    /// <param name="request">The request.</param>
    /// <returns>False where there is none.</returns>
    public bool TryTake(out DiskRequest? request) => _completed.TryDequeue(out request);

    /// <summary>Closes the files and gives the lock back.</summary>
    public void Dispose()
    {
        foreach (var stream in _files.Values)
        {
            stream.Dispose();
        }

        _files.Clear();
        _lock?.Dispose();
    }

    private FileStream StreamOf(FileId file)
    {
        if (!_files.TryGetValue(file, out var stream))
        {
            // Sharing everything takes no lock: a member at work writes, renames and removes as it likes.
            stream = new FileStream(
                Path.Combine(_folder, FileNames.Of(file)), FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            _files.Add(file, stream);
        }

        return stream;
    }
}
