using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// The files of a snapshot store in one folder of the file system. Every write goes through to the device before it
/// returns (O_SYNC); a folder is synced by itself, because a new file's name is not durable with its bytes. A lock file
/// keeps a second process out.
/// </summary>
public sealed partial class StoreFolder : IStoreFiles, IDisposable
{
    private const string LockName = "lock";
    private const string TemporaryEnding = ".tmp";
    private const int ReadOnlyFlag = 0;

    private readonly string _path;
    private readonly FileStream _lock;
    private readonly ConcurrentDictionary<string, SafeFileHandle> _handles = new(StringComparer.Ordinal);

    /// <summary>Opens a folder, and makes it where there is none.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="IOException">Another process has it, or it cannot be used.</exception>
    public StoreFolder(string path)
    {
        _path = Path.GetFullPath(path);
        if (!Directory.Exists(_path))
        {
            Directory.CreateDirectory(_path);
            Sync(Path.GetDirectoryName(_path) ?? _path);
        }

        try
        {
            _lock = new FileStream(PathOf(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new IOException($"{_path}: in use by another process, or cannot be locked", exception);
        }

        foreach (var left in Directory.GetFiles(_path, "*" + TemporaryEnding))
        {
            File.Delete(left);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List() =>
        [.. Directory.GetFiles(_path).Select(path => Path.GetFileName(path)).Where(name => name != LockName)
            .Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public long LengthOf(string name) => File.Exists(PathOf(name)) ? RandomAccess.GetLength(HandleOf(name)) : 0;

    /// <inheritdoc/>
    public void Write(string name, long offset, ReadOnlySpan<byte> bytes) =>
        RandomAccess.Write(HandleOf(name), bytes, offset);

    /// <inheritdoc/>
    public int Read(string name, long offset, Span<byte> destination)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var count = RandomAccess.Read(HandleOf(name), destination[done..], offset + done);
            if (count == 0)
            {
                break;
            }

            done += count;
        }

        return done;
    }

    /// <inheritdoc/>
    public void Replace(string name, ReadOnlySpan<byte> content)
    {
        var temporary = PathOf(name) + TemporaryEnding;
        using (var file = File.OpenHandle(
            temporary, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.WriteThrough))
        {
            RandomAccess.Write(file, content, fileOffset: 0);
            RandomAccess.FlushToDisk(file);
        }

        Close(name);
        File.Move(temporary, PathOf(name), overwrite: true);
        SyncFolder();
    }

    /// <inheritdoc/>
    public void Rename(string name, string target)
    {
        Close(name);
        Close(target);
        File.Move(PathOf(name), PathOf(target), overwrite: true);
        SyncFolder();
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        Close(name);
        File.Delete(PathOf(name));
    }

    /// <inheritdoc/>
    public void SyncFolder() => Sync(_path);

    /// <summary>Closes all files and lets other processes in.</summary>
    public void Dispose()
    {
        foreach (var name in _handles.Keys)
        {
            Close(name);
        }

        _lock.Dispose();
    }

    private static void Sync(string folder)
    {
        // .NET opens no folders; without this a power cut may take a file's name and leave its bytes nameless.
        var descriptor = Open(folder, ReadOnlyFlag);
        if (descriptor < 0)
        {
            throw new IOException($"{folder}: cannot be opened to be synced, error {Marshal.GetLastPInvokeError()}");
        }

        var result = FSync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = CloseDescriptor(descriptor);
        if (result != 0)
        {
            throw new IOException($"{folder}: cannot be synced, error {error}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);

    private string PathOf(string name) => Path.Combine(_path, name);

    private SafeFileHandle HandleOf(string name) => _handles.GetOrAdd(name, key => File.OpenHandle(
        PathOf(key), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.WriteThrough));

    private void Close(string name)
    {
        if (_handles.TryRemove(name, out var handle))
        {
            handle.Dispose();
        }
    }
}
