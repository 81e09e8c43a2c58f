using FASTER.core;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// What FASTER asks for when it checkpoints or recovers. Its own files for this are none of ours: the metadata of a
/// checkpoint is kept here, and becomes durable with the snapshot's record, in one file and at one moment.
/// </summary>
internal sealed class StoreCheckpoints : ICheckpointManager
{
    public Guid Token { get; private set; }

    public byte[] Metadata { get; private set; } = [];

    /// <summary>Prepares for a recovery.</summary>
    public void Set(Guid token, byte[] metadata) => (Token, Metadata) = (token, metadata);

    public void InitializeIndexCheckpoint(Guid indexToken) => throw new NotSupportedException();

    public void InitializeLogCheckpoint(Guid logToken)
    {
    }

    public void CommitIndexCheckpoint(Guid indexToken, byte[] commitMetadata) => throw new NotSupportedException();

    public void CommitLogCheckpoint(Guid logToken, byte[] commitMetadata) => Set(logToken, commitMetadata);

    public void CheckpointVersionShift(long oldVersion, long newVersion)
    {
    }

    public void CommitLogIncrementalCheckpoint(
        Guid logToken, long version, byte[] commitMetadata, DeltaLog deltaLog) => throw new NotSupportedException();

    public byte[] GetIndexCheckpointMetadata(Guid indexToken) => throw new NotSupportedException();

    public byte[] GetLogCheckpointMetadata(Guid logToken, DeltaLog deltaLog, bool scanDelta, long recoverTo) =>
        logToken == Token ? Metadata : throw new FasterException("Another checkpoint was asked for.");

    public IEnumerable<Guid> GetIndexCheckpointTokens() => [];

    public IEnumerable<Guid> GetLogCheckpointTokens() => [Token];

    public IDevice GetIndexDevice(Guid indexToken) => throw new NotSupportedException();

    public IDevice GetSnapshotLogDevice(Guid token) => throw new NotSupportedException();

    public IDevice GetSnapshotObjectLogDevice(Guid token) => throw new NotSupportedException();

    public IDevice GetDeltaLogDevice(Guid token) => new NullDevice();

    public void Purge(Guid token)
    {
    }

    public void PurgeAll()
    {
    }

    public void OnRecovery(Guid indexToken, Guid logToken)
    {
    }

    public void Dispose()
    {
    }
}
