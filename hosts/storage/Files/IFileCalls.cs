namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>How a file is opened.</summary>
[Flags]
public enum OpenOptions
{
    /// <summary>To read.</summary>
    None = 0,

    /// <summary>To read and to write.</summary>
    Write = 1,

    /// <summary>Makes it; it must not be there.</summary>
    Create = 2,

    /// <summary>Every write is durable when it returns (O_DSYNC).</summary>
    Durable = 4,

    /// <summary>Past the page cache (O_DIRECT): buffers, offsets and lengths are whole sectors.</summary>
    Direct = 8,

    /// <summary>A folder, to make the names in it durable.</summary>
    Folder = 16,
}

/// <summary>
/// The calls of the operating system that storage rests on. A seam: tests put errors behind it, and a layer that
/// forgets what was not made durable when the process dies.
/// <para>Each answers a number that is not negative, or the negated errno.</para>
/// </summary>
public interface IFileCalls
{
    /// <summary>Opens a file.</summary>
    /// <returns>Its descriptor.</returns>
    long Open(string path, OpenOptions flags);

    /// <summary>Writes at an offset.</summary>
    /// <returns>Bytes written.</returns>
    long Write(int descriptor, ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Reads at an offset.</summary>
    /// <returns>Bytes read.</returns>
    long Read(int descriptor, Span<byte> bytes, long offset);

    /// <summary>Makes the bytes of a file, or the names in a folder, durable.</summary>
    long Sync(int descriptor);

    /// <summary>Gives a file another name; one that has it is replaced.</summary>
    long Rename(string from, string to);

    /// <summary>Removes a name.</summary>
    long Delete(string path);

    /// <summary>Takes a file for this process alone.</summary>
    long Lock(int descriptor);

    /// <summary>Closes a descriptor.</summary>
    long Close(int descriptor);
}
