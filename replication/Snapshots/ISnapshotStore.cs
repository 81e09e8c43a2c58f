using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>How the writing of a snapshot stands.</summary>
public enum SnapshotWriting : byte
{
    /// <summary>None is being written.</summary>
    None = 0,

    /// <summary>It goes on.</summary>
    UnderWay = 1,

    /// <summary>The snapshot is durable. Said once.</summary>
    Durable = 2,

    /// <summary>It failed; <see cref="ISnapshotStore.Fault"/> says why. Said once.</summary>
    Failed = 3,
}

/// <summary>What the reading of a stream gave.</summary>
public enum SnapshotReading : byte
{
    /// <summary>Some bytes.</summary>
    Bytes = 0,

    /// <summary>Nothing yet: ask again.</summary>
    Later = 1,

    /// <summary>The stream is at its end.</summary>
    End = 2,

    /// <summary>It failed; <see cref="ISnapshotStore.Fault"/> says why.</summary>
    Failed = 3,
}

/// <summary>
/// Where one replica keeps its snapshots: a port. Production has FASTER behind it, the simulator plain files; one suite
/// of tests holds both to this contract.
/// <para>Contract of the store: (1) no member waits for the disk, except <see cref="Load"/>; (2) a snapshot is listed
/// once it is durable and never before, and survives a loss of power; (3) a loss of power, whenever, leaves exactly the
/// listed ones; (4) the newest few are kept, and what none of them needs is removed; (5) after a failure it asks for
/// <see cref="SnapshotScope.All"/>; (6) bad bytes are found by <see cref="Load"/> or by what it feeds, never passed.
/// </para>
/// <para>Duties of the caller: (1) records come from cuts of one machine, each cut read to its end before
/// <see cref="Commit"/>; (2) <see cref="SnapshotScope.Changed"/> only after the cut before was committed and durable,
/// or loaded, and of the scope that was asked for; (3) <see cref="Load"/> only before the first
/// <see cref="Begin"/>.</para>
/// </summary>
public interface ISnapshotStore
{
    /// <summary>The snapshots that are durable, newest first.</summary>
    IReadOnlyList<SnapshotManifest> List { get; }

    /// <summary>What looked like a snapshot at the start and was not, for the report.</summary>
    IReadOnlyList<SnapshotRefusal> Refused { get; }

    /// <summary>What the next cut must hand over.</summary>
    SnapshotScope Wants { get; }

    /// <summary>Why the last thing failed.</summary>
    SnapshotFault Fault { get; }

    /// <summary>Opens a new snapshot.</summary>
    /// <param name="scope">All records, or those changed since the last.</param>
    void Begin(SnapshotScope scope);

    /// <summary>A buffer to fill with records.</summary>
    /// <returns>An empty buffer; null where all are with the store: ask again later.</returns>
    OutputBuffer? Rent();

    /// <summary>Hands a filled buffer over.</summary>
    /// <param name="records">What <see cref="Rent"/> gave, with whole records or none in it.</param>
    void Put(OutputBuffer records);

    /// <summary>All records were handed over: makes the snapshot durable.</summary>
    /// <param name="manifest">What they must add up to.</param>
    void Commit(SnapshotManifest manifest);

    /// <summary>Drops the snapshot that was begun.</summary>
    void Abandon();

    /// <summary>How the snapshot stands that was begun.</summary>
    /// <returns>Durable and failed once, then none.</returns>
    SnapshotWriting Poll();

    /// <summary>Reads a snapshot as a whole, at the start.</summary>
    /// <param name="manifest">One of <see cref="List"/>.</param>
    /// <param name="target">Takes the records, in any order. Ending it is the caller's.</param>
    /// <returns>What is wrong.</returns>
    SnapshotFault Load(SnapshotManifest manifest, ISnapshotWriter target);

    /// <summary>
    /// A snapshot turned out to be bad: it is no longer listed. Its bytes stay until the next one is durable, for
    /// whoever looks into it.
    /// </summary>
    /// <param name="manifest">One of <see cref="List"/>.</param>
    void SetAside(SnapshotManifest manifest);

    /// <summary>Opens a snapshot as its canonical stream. One at a time; a second replaces the first.</summary>
    /// <param name="manifest">One of <see cref="List"/>.</param>
    void OpenStream(SnapshotManifest manifest);

    /// <summary>Reads on in the stream that was opened.</summary>
    /// <param name="destination">Receives bytes from its start on.</param>
    /// <param name="count">How many it received; at least 1 with <see cref="SnapshotReading.Bytes"/>.</param>
    /// <returns>What came of it.</returns>
    SnapshotReading ReadStream(Span<byte> destination, out int count);

    /// <summary>Closes the stream, at its end or before.</summary>
    void CloseStream();

    /// <summary>A request that the store submitted came back.</summary>
    /// <param name="request">The request.</param>
    void Complete(DiskRequest request);
}
