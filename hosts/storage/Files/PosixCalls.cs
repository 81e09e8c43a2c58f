using System.Runtime.InteropServices;

namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>The calls as Linux has them. .NET has no O_DIRECT, and no write that says how it failed.</summary>
public sealed partial class PosixCalls : IFileCalls
{
    /// <summary>Interrupted by a signal: nothing happened, and asking again is right.</summary>
    private const int Interrupted = 4;

    private const int ReadWrite = 2;
    private const int CreateFlag = 0x40;
    private const int Exclusive = 0x80;
    private const int DataSync = 0x1000;
    private const int CloseOnExec = 0x80000;
    private const int LockExclusiveNow = 2 | 4;

    // The two that differ by machine: x64 and arm64.
    private static readonly int DirectFlag = IsArm ? 0x10000 : 0x4000;
    private static readonly int FolderFlag = IsArm ? 0x4000 : 0x10000;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <inheritdoc/>
    public long Open(string path, OpenOptions flags)
    {
        var native = CloseOnExec
            | (flags.HasFlag(OpenOptions.Write) ? ReadWrite : 0)
            | (flags.HasFlag(OpenOptions.Create) ? CreateFlag | Exclusive : 0)
            | (flags.HasFlag(OpenOptions.Durable) ? DataSync : 0)
            | (flags.HasFlag(OpenOptions.Direct) ? DirectFlag : 0)
            | (flags.HasFlag(OpenOptions.Folder) ? FolderFlag : 0);
        while (true)
        {
            var descriptor = NativeOpen(path, native, 0b110_100_000);
            if (descriptor >= 0)
            {
                return descriptor;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
            {
                return -error;
            }
        }
    }

    /// <inheritdoc/>
    public unsafe long Write(int descriptor, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var written = NativeWrite(descriptor, start, bytes.Length, offset);
                if (written >= 0 || Marshal.GetLastPInvokeError() != Interrupted)
                {
                    return written >= 0 ? written : -Marshal.GetLastPInvokeError();
                }
            }
        }
    }

    /// <inheritdoc/>
    public unsafe long Read(int descriptor, Span<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var read = NativeRead(descriptor, start, bytes.Length, offset);
                if (read >= 0 || Marshal.GetLastPInvokeError() != Interrupted)
                {
                    return read >= 0 ? read : -Marshal.GetLastPInvokeError();
                }
            }
        }
    }

    /// <inheritdoc/>
    public long Sync(int descriptor) => Answer(NativeSync(descriptor));

    /// <inheritdoc/>
    public long Rename(string from, string to) => Answer(NativeRename(from, to));

    /// <inheritdoc/>
    public long Delete(string path) => Answer(NativeUnlink(path));

    /// <inheritdoc/>
    public long Lock(int descriptor) => Answer(NativeLock(descriptor, LockExclusiveNow));

    /// <inheritdoc/>
    public long Close(int descriptor) => Answer(NativeClose(descriptor));

    private static long Answer(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeOpen(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static unsafe partial nint NativeWrite(int descriptor, byte* bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static unsafe partial nint NativeRead(int descriptor, byte* bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeRename(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeUnlink(string path);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int NativeLock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int NativeClose(int descriptor);
}
