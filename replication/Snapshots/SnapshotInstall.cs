using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>
/// Restores a machine from a received snapshot, piece by piece, so that the replica's thread goes on answering peers
/// meanwhile. From the first piece on the machine is of no use until it is done; where it fails, for good.
/// </summary>
public sealed class SnapshotInstall : IDisposable
{
    private readonly IDisk _disk;
    private readonly DiskRequest _request = new();
    private readonly Memory<byte> _piece;
    private IStateMachine? _machine;
    private CheckedRecords? _records;
    private SnapshotStreamReader? _reader;
    private ulong _done;

    internal SnapshotInstall(IDisk disk, SnapshotOptions options)
    {
        _disk = disk;
        _piece = disk.Allocate(options.PieceBytes);
    }

    /// <summary>The snapshot installed last; null where none was.</summary>
    public SnapshotManifest? Manifest { get; private set; }

    /// <summary>Whether it goes on.</summary>
    public bool IsRunning => _reader is not null;

    /// <summary>Whether the last one ended well.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Why the last one failed.</summary>
    public SnapshotFault Fault { get; private set; }

    /// <summary>Part done, bytes of the stream.</summary>
    public ulong Position => _done;

    /// <summary>Starts.</summary>
    /// <param name="machine">The machine, emptied at once.</param>
    /// <param name="manifest">What <see cref="SnapshotInbox.Whole"/> is.</param>
    public void Start(IStateMachine machine, SnapshotManifest manifest)
    {
        Invariant.Check(!IsRunning);
        _machine = machine;
        Manifest = manifest;
        _records = new CheckedRecords(machine.BeginRestore());
        _reader = new SnapshotStreamReader(manifest, _records);
        (_done, IsDone, Fault) = (0, false, SnapshotFault.None);
        ReadOn();
    }

    /// <summary>Frees the working memory.</summary>
    public void Dispose() => _reader?.Dispose();

    internal bool Owns(DiskRequest request) => ReferenceEquals(request, _request);

    internal void Complete(DiskRequest request)
    {
        if (request.Error != DiskError.None)
        {
            End(SnapshotFiles.FaultOf(request.Error));
            return;
        }

        if (!_reader!.TryRead(request.Buffer.Span))
        {
            End(_records!.Fault != SnapshotFault.None ? _records.Fault : _reader.Fault);
            return;
        }

        _done += (ulong)request.Buffer.Length;
        if (_done < Manifest!.Header.Length)
        {
            ReadOn();
            return;
        }

        _reader.TryEnd();
        End(_reader.Fault);
    }

    private void ReadOn()
    {
        var count = (int)Math.Min((ulong)_piece.Length, Manifest!.Header.Length - _done);
        _request.Operation = DiskOperation.Read;
        _request.File = SnapshotFiles.Inbox(Manifest.Index);
        _request.Offset = SnapshotFiles.StreamOffset + (long)_done;
        _request.Buffer = _piece[..count];
        _request.Error = DiskError.None;
        _disk.Submit(_request);
    }

    private void End(SnapshotFault fault)
    {
        Fault = _records!.End(Manifest!, fault);
        if (Fault == SnapshotFault.None)
        {
            Fault = SnapshotPipeline.PositionOf(_machine!, Manifest!);
        }

        _reader!.Dispose();
        _reader = null;
        IsDone = Fault == SnapshotFault.None;
    }
}
