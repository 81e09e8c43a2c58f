namespace Exchange.Rsm.Replication.Disk;

/// <summary>A file and its size.</summary>
/// <param name="File">The file.</param>
/// <param name="Length">Its size, bytes.</param>
public readonly record struct FileListing(FileId File, long Length);

/// <summary>
/// The files of one replica: a port. Production gives it a thread and real files, the simulator a virtual clock and
/// faults; one suite of tests holds both to this contract.
/// <para>Contract of the disk: (1) requests may complete in any order and each comes back exactly once, as an input
/// of the replica, never from within <see cref="Submit"/>; (2) what the operations promise on completion is kept
/// through a loss of power; (3) after <see cref="DiskError.Device"/> nothing is promised for the bytes of that
/// request, and a second attempt proves nothing.</para>
/// <para>Duties of the caller: (1) <see cref="List"/> and <see cref="ReadNow"/> only before the first
/// <see cref="Submit"/>; (2) two requests under way at once never overlap in one file, unless both read; (3) a request
/// that failed is never repeated as if nothing had happened.</para>
/// </summary>
public interface IDisk
{
    /// <summary>Bytes of the unit of a write: nothing larger is written as a whole when the power fails.</summary>
    const int Sector = 4096;

    /// <summary>
    /// Memory for the buffers of requests: zeroed, starts at a multiple of <see cref="Sector"/> and never moves, as
    /// writes past the page cache need it. Asked for at the start, not per write.
    /// </summary>
    /// <param name="length">Bytes, a positive multiple of <see cref="Sector"/>.</param>
    /// <returns>The memory, kept as long as it is referred to.</returns>
    Memory<byte> Allocate(int length);

    /// <summary>The files there are, by kind and number. For recovery, at the start.</summary>
    /// <returns>The files in order.</returns>
    IReadOnlyList<FileListing> List();

    /// <summary>Reads at once. For recovery, at the start.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where, bytes.</param>
    /// <param name="buffer">Filled as a whole where the answer is <see cref="DiskError.None"/>.</param>
    /// <returns>How it went.</returns>
    DiskError ReadNow(FileId file, long offset, Span<byte> buffer);

    /// <summary>Starts a request.</summary>
    /// <param name="request">Belongs to the disk until it comes back.</param>
    void Submit(DiskRequest request);
}
