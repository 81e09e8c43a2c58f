using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>Whether a snapshot can be handed out.</summary>
public enum OutboxState : byte
{
    /// <summary>There is none.</summary>
    Empty = 0,

    /// <summary>Its stream is being written to a file.</summary>
    Preparing = 1,

    /// <summary>Chunks can be had.</summary>
    Ready = 2,

    /// <summary>It failed; <see cref="SnapshotOutbox.Fault"/> says why.</summary>
    Failed = 3,
}

/// <summary>
/// Hands one snapshot out in chunks, to any number of peers at any offsets. It stays the same snapshot until another is
/// asked for, whatever the store drops meanwhile: a slow peer is not sent back to the start by every new snapshot.
/// </summary>
public sealed class SnapshotOutbox : IDisposable
{
    private readonly IDisk _disk;
    private readonly ISnapshotStore _store;
    private readonly SnapshotOptions _options;
    private readonly SnapshotFileWriter _writer;
    private readonly DiskRequest _deletion = new();
    private readonly DiskRequest _reading = new();
    private readonly Memory<byte> _chunk;
    private readonly byte[] _piece;
    private readonly List<FileId> _toDelete = [];
    private int _pieceLength;
    private int _pieceTaken;
    private bool _isDeleting;
    private bool _isReading;
    private bool _isFresh;
    private bool _isStreaming;
    private SnapshotStreamReader? _check;
    private ulong _chunkOffset;
    private uint _chunkChecksum;
    private int _chunkLength;

    internal SnapshotOutbox(IDisk disk, ISnapshotStore store, SnapshotOptions options)
    {
        _disk = disk;
        _store = store;
        _options = options;
        _writer = new SnapshotFileWriter(disk, options.PieceBytes);
        _piece = new byte[options.PieceBytes];
        _chunk = disk.Allocate((int)SnapshotFiles.WholeSectors(options.ChunkBytes));
        foreach (var listing in disk.List())
        {
            // Left by an earlier life; whom it was for asks anew.
            if (SnapshotFiles.IsOutbox(listing.File))
            {
                _toDelete.Add(listing.File);
            }
        }
    }

    /// <summary>The snapshot that is handed out, with its digest once ready; null where there is none.</summary>
    public SnapshotManifest? Manifest { get; private set; }

    /// <summary>Whether chunks can be had.</summary>
    public OutboxState State { get; private set; }

    /// <summary>Why the last one failed.</summary>
    public SnapshotFault Fault { get; private set; }

    /// <summary>Asks for another snapshot; the one before is dropped. Not while the disk is busy with it.</summary>
    /// <param name="manifest">One of the store's.</param>
    /// <returns>False where the disk is busy: ask again later.</returns>
    public bool TryPrepare(SnapshotManifest manifest)
    {
        if (Manifest is not null && Manifest.IsSameSnapshot(manifest) && State != OutboxState.Failed)
        {
            return true;
        }

        if (!_writer.IsIdle || _isReading || _isDeleting)
        {
            return false;
        }

        if (Manifest is not null)
        {
            _toDelete.Add(SnapshotFiles.Outbox(Manifest.Index));
        }

        var file = SnapshotFiles.Outbox(manifest.Index);
        (Manifest, State, Fault) = (manifest, OutboxState.Preparing, SnapshotFault.None);
        (_pieceLength, _pieceTaken, _isFresh, _isStreaming) = (0, 0, false, true);
        _check?.Dispose();
        _check = new SnapshotStreamReader(manifest, target: null);
        _store.OpenStream(manifest);
        _writer.Start(file, _toDelete.Remove(file), manifest);
        return true;
    }

    /// <summary>Asks for a chunk. Where it is not at hand it is read, and asking again gets it.</summary>
    /// <param name="offset">Where in the stream, below the manifest's length.</param>
    /// <param name="bytes">The chunk; valid until the next call of any member.</param>
    /// <param name="checksum">Its CRC-32C.</param>
    /// <returns>False where it is not at hand.</returns>
    public bool TryChunk(ulong offset, out ReadOnlySpan<byte> bytes, out uint checksum)
    {
        Invariant.Check(State == OutboxState.Ready);
        Invariant.Check(offset < Manifest!.Header.Length);
        if (_isFresh && _chunkOffset == offset)
        {
            bytes = _chunk.Span[.._chunkLength];
            checksum = _chunkChecksum;
            return true;
        }

        bytes = default;
        checksum = 0;
        if (_isReading)
        {
            return false;
        }

        _isFresh = false;
        _isReading = true;
        _chunkOffset = offset;
        _chunkLength = (int)Math.Min((ulong)_options.ChunkBytes, Manifest.Header.Length - offset);
        _reading.Operation = DiskOperation.Read;
        _reading.File = SnapshotFiles.Outbox(Manifest.Index);
        _reading.Offset = SnapshotFiles.StreamOffset + (long)offset;
        _reading.Buffer = _chunk[.._chunkLength];
        _reading.Error = DiskError.None;
        _disk.Submit(_reading);
        return false;
    }

    /// <summary>Drops the snapshot: nobody needs it any more.</summary>
    public void Drop()
    {
        if (Manifest is null || !_writer.IsIdle || _isReading)
        {
            return;
        }

        _toDelete.Add(SnapshotFiles.Outbox(Manifest.Index));
        (Manifest, State, _isFresh) = (null, OutboxState.Empty, false);
    }

    internal bool Owns(DiskRequest request) =>
        _writer.Owns(request) || ReferenceEquals(request, _reading) || ReferenceEquals(request, _deletion);

    /// <summary>Moves a piece from the store to the file.</summary>
    internal bool Step()
    {
        Clean();
        if (State != OutboxState.Preparing || !_isStreaming)
        {
            return false;
        }

        if (_pieceTaken == _pieceLength)
        {
            switch (_store.ReadStream(_piece, out _pieceLength))
            {
                case SnapshotReading.Later:
                    _pieceTaken = _pieceLength = 0;
                    return false;
                case SnapshotReading.Failed:
                    Fail(_store.Fault);
                    return true;
                case SnapshotReading.End:
                    return End();
                default:
                    _pieceTaken = 0;
                    if (!_check!.TryRead(_piece.AsSpan(0, _pieceLength)))
                    {
                        Fail(_check.Fault);
                        return true;
                    }

                    break;
            }
        }

        var taken = _writer.Append(_piece.AsSpan(_pieceTaken, _pieceLength - _pieceTaken));
        _pieceTaken += taken;
        return taken > 0;
    }

    internal void Complete(DiskRequest request)
    {
        if (_writer.Owns(request))
        {
            _writer.Complete(request);
            OnWritten();
        }
        else if (ReferenceEquals(request, _reading))
        {
            _isReading = false;
            OnRead(request.Error);
        }
        else
        {
            _isDeleting = false;
        }
    }

    /// <summary>Frees the working memory.</summary>
    public void Dispose()
    {
        _check?.Dispose();
        _writer.Dispose();
    }

    // What the store gave is checked before anyone gets a byte of it.
    private bool End()
    {
        CloseStream();
        if (_check!.TryEnd())
        {
            _writer.End();
        }
        else
        {
            Fail(_check.Fault);
        }

        return true;
    }

    private void OnWritten()
    {
        if (_writer.IsFailed)
        {
            Fail(_writer.Fault);
        }
        else if (_writer.IsDone)
        {
            Manifest = _writer.Written;
            State = OutboxState.Ready;
        }
    }

    private void OnRead(DiskError error)
    {
        if (error != DiskError.None)
        {
            Fail(SnapshotFiles.FaultOf(error));
            return;
        }

        _isFresh = true;
        _chunkChecksum = Crc32C.Of(_chunk.Span[.._chunkLength]);
    }

    private void CloseStream()
    {
        if (_isStreaming)
        {
            _isStreaming = false;
            _store.CloseStream();
        }
    }

    private void Fail(SnapshotFault fault)
    {
        CloseStream();
        _writer.Abort();
        Fault = State == OutboxState.Failed ? Fault : fault;
        State = OutboxState.Failed;
    }

    private void Clean()
    {
        if (_isDeleting || _toDelete.Count == 0)
        {
            return;
        }

        _isDeleting = true;
        _deletion.Operation = DiskOperation.Delete;
        _deletion.File = _toDelete[^1];
        _deletion.Error = DiskError.None;
        _toDelete.RemoveAt(_toDelete.Count - 1);
        _disk.Submit(_deletion);
    }
}
