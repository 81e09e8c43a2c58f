using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>
/// Snapshots in plain files of the disk port, each a whole canonical stream. It keeps the newest image in memory and
/// changes it by what a cut hands over: for small states, and for the simulator, which so runs the same pipeline.
/// </summary>
public sealed class DiskSnapshotStore : ISnapshotStore, IDisposable
{
    private readonly IDisk _disk;
    private readonly SnapshotOptions _options;
    private readonly List<SnapshotManifest> _list = [];
    private readonly List<SnapshotRefusal> _refused = [];
    private readonly SortedDictionary<(ushort Kind, UInt128 Key), byte[]> _image = [];
    private readonly SnapshotFileWriter _writer;
    private readonly OutputBuffer _buffer = new();
    private readonly DiskRequest _deletion = new();
    private readonly DiskRequest _reading = new();
    private readonly Memory<byte> _piece;
    private readonly List<FileId> _toDelete = [];
    private readonly List<FileId> _setAside = [];
    private SortedDictionary<(ushort Kind, UInt128 Key), byte[]>.ValueCollection.Enumerator _next;
    private int _nextTaken;
    private bool _isWriting;
    private bool _isHeld;
    private bool _isOpen;
    private bool _isRented;
    private bool _isDeleting;
    private bool _isReading;
    private bool _isPieceFresh;
    private SnapshotWriting _writing;
    private SnapshotManifest? _manifest;
    private SnapshotManifest? _stream;
    private ulong _streamDone;

    /// <summary>Finds the snapshots that are there.</summary>
    /// <param name="disk">The replica's disk.</param>
    /// <param name="options">The tunables.</param>
    public DiskSnapshotStore(IDisk disk, SnapshotOptions options)
    {
        _disk = disk;
        _options = options.Validate();
        _writer = new SnapshotFileWriter(disk, options.PieceBytes);
        _piece = disk.Allocate(options.PieceBytes);
        foreach (var listing in disk.List())
        {
            if (SnapshotFiles.IsStored(listing.File))
            {
                Find(listing);
            }
        }

        _list.Sort(static (left, right) => right.Index.CompareTo(left.Index));
    }

    /// <inheritdoc/>
    public IReadOnlyList<SnapshotManifest> List => _list;

    /// <inheritdoc/>
    public IReadOnlyList<SnapshotRefusal> Refused => _refused;

    /// <inheritdoc/>
    public SnapshotScope Wants { get; private set; } = SnapshotScope.All;

    /// <inheritdoc/>
    public SnapshotFault Fault { get; private set; }

    /// <inheritdoc/>
    public void Begin(SnapshotScope scope)
    {
        Invariant.Check(!_isOpen);
        Invariant.Check(scope == SnapshotScope.All || Wants == SnapshotScope.Changed);
        if (scope == SnapshotScope.All)
        {
            _image.Clear();
        }

        _isOpen = true;
        _writing = SnapshotWriting.UnderWay;
        Wants = SnapshotScope.All;
        CleanUp();
    }

    /// <inheritdoc/>
    public OutputBuffer? Rent()
    {
        // The writer still walks the image where a snapshot was abandoned.
        if (_isRented || _isWriting)
        {
            return null;
        }

        _isRented = true;
        _buffer.Clear();
        return _buffer;
    }

    /// <inheritdoc/>
    public void Put(OutputBuffer records)
    {
        Invariant.Check(ReferenceEquals(records, _buffer));
        Invariant.Check(_isRented);
        _isRented = false;
        for (var rest = records.Written; !rest.IsEmpty && _isOpen;)
        {
            var header = MemoryMarshal.Read<SnapshotRecordHeader>(rest);
            var length = SnapshotRecords.HeaderSize + (int)header.Length;
            if (header.Removed != 0)
            {
                _image.Remove((header.Kind, header.Key));
            }
            else
            {
                _image[(header.Kind, header.Key)] = rest[..length].ToArray();
            }

            rest = rest[length..];
        }
    }

    /// <inheritdoc/>
    public void Commit(SnapshotManifest manifest)
    {
        Invariant.Check(_isOpen);
        var length = 0UL;
        foreach (var record in _image.Values)
        {
            length += (ulong)record.Length;
        }

        _manifest = manifest;
        if ((ulong)_image.Count != manifest.Header.RecordCount)
        {
            Fail(SnapshotFault.RecordCount);
            return;
        }

        if (length != manifest.Header.Length)
        {
            Fail(SnapshotFault.Length);
            return;
        }

        _isWriting = true;
        _next = _image.Values.GetEnumerator();
        _next.MoveNext();
        _nextTaken = 0;
        var file = SnapshotFiles.Stored(manifest.Index);
        var isThere = _toDelete.Remove(file) | _setAside.Remove(file) | TryDrop(manifest.Index);

        // What an earlier life left unfinished may be on its way out under this very name.
        _isHeld = _isDeleting && _deletion.File == file;
        if (!_isHeld)
        {
            _writer.Start(file, isThere, manifest);
        }
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        if (_isWriting)
        {
            _writer.Abort();
            _isWriting = !_writer.IsIdle;
        }

        (_isOpen, _isRented, _isHeld, _writing) = (false, false, false, SnapshotWriting.None);
    }

    /// <inheritdoc/>
    public SnapshotWriting Poll()
    {
        Feed();
        CleanUp();
        var writing = _writing;
        if (writing is SnapshotWriting.Durable or SnapshotWriting.Failed)
        {
            (_writing, _isOpen, _isRented) = (SnapshotWriting.None, false, false);
        }

        return writing;
    }

    /// <inheritdoc/>
    public SnapshotFault Load(SnapshotManifest manifest, ISnapshotWriter target)
    {
        Invariant.Check(!_isOpen);
        _image.Clear();
        var keeper = new Keeper(_image, target);
        var fault = SnapshotFiles.Load(
            _disk, SnapshotFiles.Stored(manifest.Index), manifest, keeper, _options.PieceBytes);
        Wants = fault == SnapshotFault.None && ReferenceEquals(manifest, _list[0])
            ? SnapshotScope.Changed
            : SnapshotScope.All;
        return fault;
    }

    /// <inheritdoc/>
    public void SetAside(SnapshotManifest manifest)
    {
        _list.Remove(manifest);
        _setAside.Add(SnapshotFiles.Stored(manifest.Index));
    }

    /// <inheritdoc/>
    public void OpenStream(SnapshotManifest manifest)
    {
        _stream = manifest;
        (_streamDone, _isPieceFresh) = (0, false);
    }

    /// <inheritdoc/>
    public SnapshotReading ReadStream(Span<byte> destination, out int count)
    {
        count = 0;
        Invariant.Check(_stream is not null);
        Invariant.Check(destination.Length >= _options.PieceBytes);
        if (_isReading)
        {
            return SnapshotReading.Later;
        }

        if (_isPieceFresh)
        {
            _isPieceFresh = false;
            if (_reading.Error != DiskError.None)
            {
                Fault = SnapshotFiles.FaultOf(_reading.Error);
                return SnapshotReading.Failed;
            }

            count = _reading.Buffer.Length;
            _reading.Buffer.Span.CopyTo(destination);
            _streamDone += (ulong)count;
            return SnapshotReading.Bytes;
        }

        if (_streamDone == _stream.Header.Length)
        {
            return SnapshotReading.End;
        }

        var length = (int)Math.Min((ulong)_piece.Length, _stream.Header.Length - _streamDone);
        _isReading = true;
        Submit(
            _reading, DiskOperation.Read, SnapshotFiles.Stored(_stream.Index),
            SnapshotFiles.StreamOffset + (long)_streamDone, _piece[..length]);
        return SnapshotReading.Later;
    }

    /// <inheritdoc/>
    public void CloseStream() => _stream = null;

    /// <inheritdoc/>
    public void Complete(DiskRequest request)
    {
        if (_writer.Owns(request))
        {
            _writer.Complete(request);
            Feed();
        }
        else if (ReferenceEquals(request, _reading))
        {
            _isReading = false;
            _isPieceFresh = _stream is not null && _reading.File == SnapshotFiles.Stored(_stream.Index);
        }
        else
        {
            Invariant.Check(ReferenceEquals(request, _deletion));
            _isDeleting = false;
        }

        CleanUp();
    }

    /// <summary>Frees the working memory.</summary>
    public void Dispose() => _writer.Dispose();

    private void Find(FileListing listing)
    {
        var fault = SnapshotFiles.ReadManifest(_disk, listing, SnapshotFiles.ManifestOffset, out var manifest);
        if (fault == SnapshotFault.None && manifest!.Index == listing.File.Number)
        {
            _list.Add(manifest);
            return;
        }

        // Without a manifest it was never finished; with a bad one it was, and a copy is lost.
        _toDelete.Add(listing.File);
        if (fault != SnapshotFault.Missing)
        {
            _refused.Add(new SnapshotRefusal(
                listing.File.Number, fault == SnapshotFault.None ? SnapshotFault.ManifestContent : fault));
        }
    }

    private void Feed()
    {
        if (!_isWriting || (_isHeld && _isDeleting))
        {
            return;
        }

        if (_isHeld)
        {
            _isHeld = false;
            _writer.Start(SnapshotFiles.Stored(_manifest!.Index), isThere: false, _manifest);
            return;
        }

        if (_writer.IsIdle)
        {
            OnWritten();
            return;
        }

        while (_next.Current is { } record && _writer.Room > 0)
        {
            _nextTaken += _writer.Append(record.AsSpan(_nextTaken));
            if (_nextTaken == record.Length)
            {
                _nextTaken = 0;
                if (!_next.MoveNext())
                {
                    _writer.End();
                    return;
                }
            }
        }
    }

    private void OnWritten()
    {
        _isWriting = false;
        if (_writing != SnapshotWriting.UnderWay)
        {
            return;
        }

        if (_writer.IsFailed)
        {
            Fail(_writer.Fault);
            return;
        }

        _list.Insert(0, _writer.Written!);
        while (_list.Count > _options.Retain)
        {
            _toDelete.Add(SnapshotFiles.Stored(_list[^1].Index));
            _list.RemoveAt(_list.Count - 1);
        }

        _toDelete.AddRange(_setAside);
        _setAside.Clear();

        _writing = SnapshotWriting.Durable;
        Wants = SnapshotScope.Changed;
    }

    // One of the same index is there only where it was passed over for the one before.
    private bool TryDrop(ulong index) => _list.RemoveAll(manifest => manifest.Index == index) > 0;

    private void Fail(SnapshotFault fault)
    {
        (Fault, _writing) = (fault, SnapshotWriting.Failed);
    }

    // A file that is being streamed stays until that is over.
    private void CleanUp()
    {
        if (_isDeleting || _isReading || _toDelete.Count == 0)
        {
            return;
        }

        var at = _toDelete.FindLastIndex(file =>
            _stream is null || file != SnapshotFiles.Stored(_stream.Index));
        if (at >= 0)
        {
            _isDeleting = true;
            var file = _toDelete[at];
            _toDelete.RemoveAt(at);
            Submit(_deletion, DiskOperation.Delete, file, offset: 0, buffer: default);
        }
    }

    private void Submit(DiskRequest request, DiskOperation operation, FileId file, long offset, Memory<byte> buffer)
    {
        request.Operation = operation;
        request.File = file;
        request.Offset = offset;
        request.Buffer = buffer;
        request.Error = DiskError.None;
        _disk.Submit(request);
    }

    /// <summary>Keeps the image of what a machine takes.</summary>
    private sealed class Keeper(
        SortedDictionary<(ushort Kind, UInt128 Key), byte[]> image,
        ISnapshotWriter target) : ISnapshotWriter
    {
        public bool TryWrite(in SnapshotRecordHeader header, ReadOnlySpan<byte> content)
        {
            var record = new byte[SnapshotRecords.HeaderSize + content.Length];
            MemoryMarshal.Write(record, in header);
            content.CopyTo(record.AsSpan(SnapshotRecords.HeaderSize));
            image[(header.Kind, header.Key)] = record;
            return target.TryWrite(in header, content);
        }

        public bool TryEnd(ulong stateHash) => target.TryEnd(stateHash);
    }
}
