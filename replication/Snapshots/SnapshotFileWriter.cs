using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>
/// Writes a canonical stream to a file, piece by piece, one request at a time: while one buffer is being written the
/// other fills. The file counts for nothing until its manifest stands in the first sector, which is written last.
/// </summary>
internal sealed class SnapshotFileWriter(IDisk disk, int pieceBytes) : IDisposable
{
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly DiskRequest _request = new();
    private readonly Memory<byte> _sector = disk.Allocate(IDisk.Sector);
    private Memory<byte> _filling = disk.Allocate(pieceBytes);
    private Memory<byte> _writing = disk.Allocate(pieceBytes);
    private int _filled;
    private long _position;
    private FileId _file;
    private SnapshotManifest? _manifest;
    private Step _step;
    private bool _isEnding;
    private bool _isAborted;

    private enum Step : byte
    {
        Idle = 0,
        Removing = 1,
        Creating = 2,
        Planning = 3,
        Open = 4,
        Writing = 5,
        Sealing = 6,
        Done = 7,
        Failed = 8,
    }

    /// <summary>The manifest with the digest of what was written; once done.</summary>
    public SnapshotManifest? Written { get; private set; }

    public SnapshotFault Fault { get; private set; }

    public bool IsIdle => _step is Step.Idle or Step.Done or Step.Failed;

    public bool IsDone => _step == Step.Done;

    public bool IsFailed => _step == Step.Failed;

    /// <summary>Bytes that <see cref="Append"/> takes now.</summary>
    public int Room => _isEnding || _isAborted || IsIdle
        ? 0
        : pieceBytes - _filled + (_step == Step.Open ? pieceBytes : 0);

    public bool Owns(DiskRequest request) => ReferenceEquals(request, _request);

    /// <summary>Starts a new file. One of that name is removed first.</summary>
    public void Start(FileId file, bool isThere, SnapshotManifest manifest)
    {
        Reset(file, manifest, position: 0);
        if (isThere)
        {
            _step = Step.Removing;
            Submit(DiskOperation.Delete, offset: 0, length: 0, buffer: default);
        }
        else
        {
            Create();
        }
    }

    /// <summary>Goes on with a file of which the first bytes are there and were verified.</summary>
    public void Resume(FileId file, SnapshotManifest manifest, long position)
    {
        Invariant.Check(position % IDisk.Sector == 0);
        Reset(file, manifest, position);
        _step = Step.Open;
    }

    /// <summary>Counts the bytes that were there already into the digest.</summary>
    public void Digest(ReadOnlySpan<byte> bytes) => _digest.AppendData(bytes);

    /// <summary>Takes the next bytes of the stream, as many as there is room for.</summary>
    public int Append(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (taken < bytes.Length && Room > 0)
        {
            if (_filled == pieceBytes)
            {
                Flush();
            }

            var count = Math.Min(pieceBytes - _filled, bytes.Length - taken);
            bytes.Slice(taken, count).CopyTo(_filling.Span[_filled..]);
            _filled += count;
            taken += count;
        }

        _digest.AppendData(bytes[..taken]);
        if (_filled == pieceBytes && _step == Step.Open)
        {
            Flush();
        }

        return taken;
    }

    /// <summary>The stream is complete: writes what is left, then the manifest.</summary>
    public void End()
    {
        Invariant.Check(!_isEnding);
        _isEnding = true;
        Unsafe.SkipInit(out ChainHash digest);
        _digest.GetHashAndReset(MemoryMarshal.AsBytes(new Span<ChainHash>(ref digest)));
        Written = _manifest!.WithDigest(in digest);
        if (_step == Step.Open)
        {
            GoOn();
        }
    }

    /// <summary>Gives the file up, at once or when what is under way comes back.</summary>
    public void Abort()
    {
        _isAborted = true;
        if (_step == Step.Open)
        {
            _step = Step.Failed;
        }
    }

    public void Complete(DiskRequest request)
    {
        Invariant.Check(Owns(request));
        if (request.Error != DiskError.None && !(_step == Step.Removing && request.Error == DiskError.Name))
        {
            Fault = SnapshotFiles.FaultOf(request.Error);
            _step = Step.Failed;
            return;
        }

        if (_isAborted)
        {
            _step = Step.Failed;
            return;
        }

        switch (_step)
        {
            case Step.Removing:
                Create();
                break;
            case Step.Creating:
                _manifest!.Write(_sector.Span);
                _step = Step.Planning;
                Submit(DiskOperation.Write, SnapshotFiles.PlanOffset, length: 0, _sector);
                break;
            case Step.Planning or Step.Writing:
                _step = Step.Open;
                GoOn();
                break;
            case Step.Sealing:
                _step = Step.Done;
                break;
            default:
                Invariant.Check(false);
                break;
        }
    }

    public void Dispose() => _digest.Dispose();

    private void Reset(FileId file, SnapshotManifest manifest, long position)
    {
        Invariant.Check(IsIdle);
        (_file, _manifest, _position, _filled) = (file, manifest, position, 0);
        (_isEnding, _isAborted, Written, Fault) = (false, false, null, SnapshotFault.None);

        // Whatever an earlier stream left in it.
        Span<byte> scratch = stackalloc byte[32];
        _digest.GetHashAndReset(scratch);
    }

    private void Create()
    {
        _step = Step.Creating;
        Submit(DiskOperation.Create, offset: 0, SnapshotFiles.LengthOf(_manifest!), buffer: default);
    }

    private void GoOn()
    {
        if (_filled == pieceBytes || (_isEnding && _filled > 0))
        {
            Flush();
        }
        else if (_isEnding)
        {
            Invariant.Check((ulong)_position == _manifest!.Header.Length);
            Written!.Write(_sector.Span);
            _step = Step.Sealing;
            Submit(DiskOperation.Write, SnapshotFiles.ManifestOffset, length: 0, _sector);
        }
    }

    private void Flush()
    {
        var length = (int)SnapshotFiles.WholeSectors(_filled);
        _filling.Span[_filled..length].Clear();
        var offset = SnapshotFiles.StreamOffset + _position;
        (_filling, _writing) = (_writing, _filling);
        _position += _filled;
        _filled = 0;
        _step = Step.Writing;
        Submit(DiskOperation.Write, offset, length: 0, _writing[..length]);
    }

    private void Submit(DiskOperation operation, long offset, long length, Memory<byte> buffer)
    {
        _request.Operation = operation;
        _request.File = _file;
        _request.Offset = offset;
        _request.Length = length;
        _request.Buffer = buffer;
        _request.Error = DiskError.None;
        disk.Submit(_request);
    }
}
