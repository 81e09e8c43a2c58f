using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>What became of a chunk.</summary>
public enum ChunkAnswer : byte
{
    /// <summary>It was taken; the next begins at <see cref="SnapshotInbox.NextOffset"/>.</summary>
    Taken = 0,

    /// <summary>Nothing is wrong with it, and another is expected: go on at the offset.</summary>
    Elsewhere = 1,

    /// <summary>The disk is behind: send it again later.</summary>
    Busy = 2,

    /// <summary>It was damaged on its way: send it again.</summary>
    Damaged = 3,

    /// <summary>The stream itself is bad; <see cref="SnapshotInbox.Fault"/> says why. Begin anew.</summary>
    Refused = 4,

    /// <summary>It belongs to a snapshot that is not being received.</summary>
    Unknown = 5,
}

/// <summary>
/// Receives a snapshot in chunks, each with a checksum, in order, and goes on after a loss of the connection, of the
/// sender or of its own process where it had stopped. All that can be checked of the stream is checked while it comes
/// in; the file is whole only when its last sector stands, and only a whole one is ever loaded. One at a time; a whole
/// one stays until the next is whole as well, or the store has one as new: the log may begin behind it.
/// </summary>
public sealed class SnapshotInbox : IDisposable
{
    private readonly IDisk _disk;
    private readonly SnapshotOptions _options;
    private readonly SnapshotFileWriter _writer;
    private readonly DiskRequest _deletion = new();
    private readonly List<FileId> _toDelete = [];
    private bool _isDeleting;
    private SnapshotStreamReader? _reader;

    // The one being received, whose file is there; next to it stands that of the whole one.
    private SnapshotManifest? _manifest;
    private ulong _next;

    internal SnapshotInbox(IDisk disk, SnapshotOptions options)
    {
        _disk = disk;
        _options = options;
        _writer = new SnapshotFileWriter(disk, options.PieceBytes);
        Install = new SnapshotInstall(disk, options);
    }

    /// <summary>The snapshot that is whole and may be installed; null where none is.</summary>
    public SnapshotManifest? Whole { get; private set; }

    /// <summary>The snapshot that is being received; null where none is.</summary>
    public SnapshotManifest? Expected => _manifest;

    /// <summary>Where the next chunk begins.</summary>
    public ulong NextOffset => _manifest is null ? Whole?.Header.Length ?? 0 : _next;

    /// <summary>Why the last one was refused.</summary>
    public SnapshotFault Fault { get; private set; }

    /// <summary>Puts what was received into a machine.</summary>
    public SnapshotInstall Install { get; }

    /// <summary>
    /// A peer offers a snapshot. One that is being received already goes on; another takes its place.
    /// </summary>
    /// <param name="manifest">What the peer sends, with the digest.</param>
    /// <returns>False where the disk is still busy with the one before, or a whole one is not older: offer it again
    /// later.</returns>
    public bool TryOffer(SnapshotManifest manifest)
    {
        if (Fault == SnapshotFault.None && (_manifest ?? Whole) is { } known && known.IsSameSnapshot(manifest))
        {
            return true;
        }

        if (Whole is not null && Whole.Index >= manifest.Index)
        {
            return false;
        }

        _writer.Abort();
        if (!_writer.IsIdle || _isDeleting || Install.IsRunning)
        {
            return false;
        }

        var file = SnapshotFiles.Inbox(manifest.Index);
        if (_manifest is not null)
        {
            _toDelete.Add(SnapshotFiles.Inbox(_manifest.Index));
        }

        var isThere = _toDelete.Remove(file);
        _reader?.Dispose();
        _reader = new SnapshotStreamReader(manifest, target: null);
        (_manifest, _next, Fault) = (manifest, 0, SnapshotFault.None);
        _writer.Start(file, isThere, manifest);
        return true;
    }

    /// <summary>Takes one chunk.</summary>
    /// <param name="index">Index of the snapshot it is of.</param>
    /// <param name="offset">Where in the stream it begins.</param>
    /// <param name="bytes">The chunk, at most <see cref="SnapshotOptions.ChunkBytes"/>.</param>
    /// <param name="checksum">CRC-32C of the chunk.</param>
    /// <returns>What became of it.</returns>
    public ChunkAnswer Take(ulong index, ulong offset, ReadOnlySpan<byte> bytes, uint checksum)
    {
        if ((_manifest ?? Whole)?.Index != index)
        {
            return ChunkAnswer.Unknown;
        }

        if (Fault != SnapshotFault.None)
        {
            return ChunkAnswer.Refused;
        }

        if (bytes.Length > _options.ChunkBytes || Crc32C.Of(bytes) != checksum)
        {
            return ChunkAnswer.Damaged;
        }

        if (_manifest is null || offset != _next)
        {
            return ChunkAnswer.Elsewhere;
        }

        if (_writer.Room < bytes.Length)
        {
            return ChunkAnswer.Busy;
        }

        return Take(bytes);
    }

    /// <summary>
    /// Forgets the whole one and removes its file when the disk is free. Not while it is being installed.
    /// </summary>
    public void Discard()
    {
        Invariant.Check(!Install.IsRunning);
        if (Whole is not null)
        {
            _toDelete.Add(SnapshotFiles.Inbox(Whole.Index));
            Whole = null;
        }
    }

    internal bool Owns(DiskRequest request) =>
        _writer.Owns(request) || Install.Owns(request) || ReferenceEquals(request, _deletion);

    internal void Complete(DiskRequest request)
    {
        if (Install.Owns(request))
        {
            Install.Complete(request);
        }
        else if (_writer.Owns(request))
        {
            _writer.Complete(request);
            OnWritten();
        }
        else
        {
            // A file that could not be removed is found again at the next start.
            _isDeleting = false;
        }

        Clean();
    }

    /// <summary>Removes what is no longer needed, one at a time.</summary>
    internal void Clean()
    {
        if (_isDeleting || _toDelete.Count == 0 || Install.IsRunning)
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

    /// <summary>Finds what an earlier life received: a whole snapshot, or one to go on with.</summary>
    internal IReadOnlyList<SnapshotRefusal> Recover()
    {
        var refused = new List<SnapshotRefusal>();
        FileListing begun = default;
        foreach (var listing in _disk.List())
        {
            if (!SnapshotFiles.IsInbox(listing.File))
            {
                continue;
            }

            var fault = SnapshotFiles.ReadManifest(_disk, listing, SnapshotFiles.ManifestOffset, out var whole);
            var keeps = fault == SnapshotFault.None
                ? whole!.Index > (Whole?.Index ?? 0)
                : fault == SnapshotFault.Missing && listing.File.Number > begun.File.Number;
            if (!keeps)
            {
                Remove(listing, fault, refused);
            }
            else if (whole is null)
            {
                Replace(ref begun, listing);
            }
            else
            {
                Discard();
                Whole = whole;
            }
        }

        if (begun.File.Number != 0)
        {
            var fault = IndexOf(begun) > (Whole?.Index ?? 0) ? ResumeNow(begun) : SnapshotFault.Missing;
            if (fault != SnapshotFault.None)
            {
                Remove(begun, fault, refused);
            }
        }

        return refused;
    }

    /// <summary>Loads the whole one at the start.</summary>
    internal SnapshotFault LoadNow(ISnapshotWriter target) =>
        SnapshotFiles.Load(_disk, SnapshotFiles.Inbox(Whole!.Index), Whole, target, _options.PieceBytes);

    /// <summary>Frees the working memory.</summary>
    public void Dispose()
    {
        _reader?.Dispose();
        _writer.Dispose();
        Install.Dispose();
    }

    private ChunkAnswer Take(ReadOnlySpan<byte> bytes)
    {
        if (!_reader!.TryRead(bytes))
        {
            return Refuse();
        }

        var taken = _writer.Append(bytes);
        Invariant.Check(taken == bytes.Length);
        _next += (ulong)bytes.Length;
        if (_next < _manifest!.Header.Length)
        {
            return ChunkAnswer.Taken;
        }

        if (!_reader.TryEnd())
        {
            return Refuse();
        }

        _writer.End();
        return ChunkAnswer.Taken;
    }

    private ChunkAnswer Refuse()
    {
        Fault = _reader!.Fault;
        _writer.Abort();
        return ChunkAnswer.Refused;
    }

    private void OnWritten()
    {
        if (_writer.IsFailed)
        {
            Fault = Fault == SnapshotFault.None ? _writer.Fault : Fault;
        }
        else if (_writer.IsDone)
        {
            if (Whole is not null)
            {
                _toDelete.Add(SnapshotFiles.Inbox(Whole.Index));
            }

            (Whole, _manifest) = (_writer.Written, null);
        }
    }

    private static ulong IndexOf(FileListing listing) => listing.File.Number & (ulong.MaxValue >> 1);

    private void Remove(FileListing listing, SnapshotFault fault, List<SnapshotRefusal> refused)
    {
        _toDelete.Add(listing.File);
        if (fault is not SnapshotFault.None and not SnapshotFault.Missing)
        {
            refused.Add(new SnapshotRefusal(IndexOf(listing), fault));
        }
    }

    private void Replace(ref FileListing begun, FileListing newer)
    {
        if (begun.File.Number != 0)
        {
            _toDelete.Add(begun.File);
        }

        begun = newer;
    }

    // What is known to be good are the records that verify; what follows the last of them is received again, from the
    // start of its sector.
    private SnapshotFault ResumeNow(FileListing listing)
    {
        var fault = SnapshotFiles.ReadManifest(_disk, listing, SnapshotFiles.PlanOffset, out var manifest);
        if (fault != SnapshotFault.None)
        {
            return fault;
        }

        _manifest = manifest;
        var file = listing.File;
        var piece = new byte[_options.PieceBytes];
        ulong good;
        using (var scout = new SnapshotStreamReader(manifest!, target: null))
        {
            SnapshotFiles.Read(_disk, file, manifest!.Header.Length, scout, piece);

            // Never all of it: the end of a stream is what writes the manifest.
            good = Math.Min(scout.VerifiedLength, manifest.Header.Length - 1) / IDisk.Sector * IDisk.Sector;
        }

        _reader = new SnapshotStreamReader(manifest, target: null);
        _writer.Resume(file, manifest, (long)good);
        for (var done = 0UL; done < good;)
        {
            var bytes = piece.AsSpan(0, (int)Math.Min((ulong)piece.Length, good - done));
            var error = _disk.ReadNow(file, SnapshotFiles.StreamOffset + (long)done, bytes);
            if (error != DiskError.None || !_reader.TryRead(bytes))
            {
                // Read well a moment ago: not a disk to go on with.
                Fault = error != DiskError.None ? SnapshotFiles.FaultOf(error) : _reader.Fault;
                return SnapshotFault.None;
            }

            _writer.Digest(bytes);
            done += (ulong)bytes.Length;
        }

        _next = good;
        return SnapshotFault.None;
    }
}
