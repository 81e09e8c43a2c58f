namespace Exchange.Rsm.Replication.Disk;

/// <summary>What a disk is asked to do.</summary>
public enum DiskOperation : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>
    /// Makes a file of <see cref="DiskRequest.Length"/> zero bytes, written and not merely reserved; its name is
    /// durable when the request completes. A file of that name must not exist.
    /// </summary>
    Create = 1,

    /// <summary>
    /// Writes the buffer at the offset. When the request completes without an error the bytes are durable: they
    /// survive a loss of power. Until then any part of them, sector by sector, may or may not.
    /// </summary>
    Write = 2,

    /// <summary>Fills the buffer from the offset.</summary>
    Read = 3,

    /// <summary>Gives a file another name, <see cref="DiskRequest.Target"/>; durable on completion.</summary>
    Rename = 4,

    /// <summary>Removes a file; durable on completion.</summary>
    Delete = 5,
}

/// <summary>How a request to a disk ended.</summary>
public enum DiskError : byte
{
    /// <summary>Well.</summary>
    None = 0,

    /// <summary>The device failed (EIO). What was being written is unknown from here on.</summary>
    Device = 1,

    /// <summary>No room is left (ENOSPC).</summary>
    NoSpace = 2,

    /// <summary>Fewer bytes than asked for were read or written.</summary>
    Short = 3,

    /// <summary>There is no such file, or there is one where none may be.</summary>
    Name = 4,
}

/// <summary>
/// One request to a disk. Made once and used again and again by its owner, so that none is allocated per write: it
/// belongs to the disk from <see cref="IDisk.Submit"/> until it comes back completed.
/// </summary>
public sealed class DiskRequest
{
    /// <summary>What to do.</summary>
    public DiskOperation Operation { get; set; }

    /// <summary>With which file.</summary>
    public FileId File { get; set; }

    /// <summary>The new name of a rename.</summary>
    public FileId Target { get; set; }

    /// <summary>Where in the file, bytes; a multiple of <see cref="IDisk.Sector"/> for a write.</summary>
    public long Offset { get; set; }

    /// <summary>The size of a file to create, bytes; a multiple of <see cref="IDisk.Sector"/>.</summary>
    public long Length { get; set; }

    /// <summary>
    /// What to write or where to read to: a part of what <see cref="IDisk.Allocate"/> gave, for a write of whole
    /// sectors. Nobody touches it while the request is under way.
    /// </summary>
    public Memory<byte> Buffer { get; set; }

    /// <summary>The owner's own mark; the disk hands it back as it was.</summary>
    public ulong Tag { get; set; }

    /// <summary>How it ended; set by the disk.</summary>
    public DiskError Error { get; set; }
}
