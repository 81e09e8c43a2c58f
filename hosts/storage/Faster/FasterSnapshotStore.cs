using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// Snapshots in FASTER: what changed is appended by a thread of its own and made durable by a checkpoint, so the cost
/// of a snapshot follows what changed, and the thread that applies entries hands over buffers and waits for nothing.
/// One caller's thread at a time.
/// </summary>
public sealed class FasterSnapshotStore : ISnapshotStore, IDisposable
{
    private readonly IStoreFiles _files;
    private readonly FasterOptions _options;
    private readonly TimeProvider _clock;
    private readonly SnapshotWriterThread _writer;
    private readonly List<StoredSnapshot> _stored = [];
    private readonly List<SnapshotRefusal> _refused = [];
    private SnapshotWriting _writing;
    private SnapshotStreamThread? _stream;

    // Asked to end, and not waited for: each ends at its next page.
    private readonly List<SnapshotStreamThread> _closing = [];
    private bool _isWhole;

    /// <summary>Finds the snapshots that are there.</summary>
    /// <param name="files">The store's files.</param>
    /// <param name="options">The tunables.</param>
    /// <param name="clock">Measures how long the writer takes; the system's where null.</param>
    public FasterSnapshotStore(IStoreFiles files, FasterOptions options, TimeProvider? clock = null)
    {
        _files = files;
        _options = options.Validate();
        _clock = clock ?? TimeProvider.System;
        Find();
        _writer = new SnapshotWriterThread(files, _options, _clock, NextGeneration(), _stored);
    }

    /// <inheritdoc/>
    public IReadOnlyList<SnapshotManifest> List => _writer.List;

    /// <inheritdoc/>
    public IReadOnlyList<SnapshotRefusal> Refused => _refused;

    /// <inheritdoc/>
    public SnapshotScope Wants => _writer.HasBase ? SnapshotScope.Changed : SnapshotScope.All;

    /// <inheritdoc/>
    public SnapshotFault Fault { get; private set; }

    /// <summary>What the fault was, in words: the file and the place.</summary>
    public string Detail { get; private set; } = "";

    /// <summary>Logs that were written anew because they held too much that no longer counts.</summary>
    public int Rewrites => _writer.Rewrites;

    /// <inheritdoc/>
    public void Begin(SnapshotScope scope)
    {
        Invariant.Check(scope == SnapshotScope.All || Wants == SnapshotScope.Changed);
        _writing = SnapshotWriting.UnderWay;
        _isWhole = false;
        _writer.Begin(scope);
    }

    /// <inheritdoc/>
    public OutputBuffer? Rent() => _writer.Rent();

    /// <inheritdoc/>
    public void Put(OutputBuffer records) => _writer.Put(records);

    /// <inheritdoc/>
    public void Commit(SnapshotManifest manifest)
    {
        _isWhole = true;
        KeepStreams();
        _writer.Commit(manifest);
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        _writing = SnapshotWriting.None;
        _writer.Abandon();
    }

    /// <inheritdoc/>
    public SnapshotWriting Poll()
    {
        if (_writing != SnapshotWriting.UnderWay)
        {
            return SnapshotWriting.None;
        }

        _writer.GiveUpWhatHangs();
        if (_writer.Outcome is not { } outcome || (outcome.Fault == SnapshotFault.None && !_isWhole))
        {
            return SnapshotWriting.UnderWay;
        }

        _writing = SnapshotWriting.None;
        (Fault, Detail) = outcome;
        return Fault == SnapshotFault.None ? SnapshotWriting.Durable : SnapshotWriting.Failed;
    }

    /// <inheritdoc/>
    public SnapshotFault Load(SnapshotManifest manifest, ISnapshotWriter target)
    {
        var stored = Stored(manifest);
        RecordLog? log = null;
        try
        {
            log = RecordLog.Open(_options, _files, stored, isReadOnly: false);
            using (var merge = new RunMerge(log))
            {
                while (merge.TryNext())
                {
                    if (!target.TryWrite(merge.Header, merge.Content))
                    {
                        log.Dispose();
                        return SnapshotFault.RecordRefused;
                    }
                }
            }

            // The caller may still find that the sums are wrong, and then sets it aside.
            _writer.Adopt(log, stored);
            return SnapshotFault.None;
        }
        catch (Exception exception) when (exception is StoreException or IOException)
        {
            log?.Dispose();
            Fault = exception is StoreException store ? store.Fault : SnapshotFault.Device;
            Detail = exception.Message;
            return Fault;
        }
    }

    /// <inheritdoc/>
    public void SetAside(SnapshotManifest manifest) => _writer.SetAside(Stored(manifest));

    /// <inheritdoc/>
    public void OpenStream(SnapshotManifest manifest)
    {
        CloseStream();
        var stored = Stored(manifest);
        _writer.Keep([stored.Generation, .. _closing.Select(static stream => stream.Generation)]);
        _stream = new SnapshotStreamThread(_files, _options, stored);
    }

    /// <inheritdoc/>
    public SnapshotReading ReadStream(Span<byte> destination, out int count)
    {
        Invariant.Check(_stream is not null);
        var reading = _stream.Read(destination, out count);
        if (reading == SnapshotReading.Failed)
        {
            (Fault, Detail) = _stream.Outcome;
        }

        return reading;
    }

    /// <inheritdoc/>
    public void CloseStream()
    {
        if (_stream is not null)
        {
            _stream.Close();
            _closing.Add(_stream);
            _stream = null;
        }

        KeepStreams();
    }

    /// <inheritdoc/>
    public void Complete(DiskRequest request) => Invariant.Check(false);

    /// <summary>Ends the threads. What was not committed is gone.</summary>
    public void Dispose()
    {
        CloseStream();
        _closing.ForEach(static stream => stream.Join());
        _writer.Dispose();
    }

    /// <summary>Waits until the writer has nothing to do; for tests and for tools.</summary>
    public void WaitUntilIdle()
    {
        _writer.WaitUntilIdle();
        _stream?.WaitForBytes();
    }

    private void KeepStreams()
    {
        _closing.RemoveAll(static stream => stream.IsEnded);
        var generations = _closing.ConvertAll(static stream => stream.Generation);
        if (_stream is not null)
        {
            generations.Add(_stream.Generation);
        }

        _writer.Keep([.. generations]);
    }

    private StoredSnapshot Stored(SnapshotManifest manifest) => _writer.Find(manifest);

    private void Find()
    {
        foreach (var name in _files.List())
        {
            if (!name.StartsWith(StoredSnapshot.Prefix, StringComparison.Ordinal)
                || !ulong.TryParse(name.AsSpan(StoredSnapshot.Prefix.Length), out var index))
            {
                continue;
            }

            var bytes = new byte[_files.LengthOf(name)];
            var read = _files.Read(name, 0, bytes);
            var fault = StoredSnapshot.TryRead(bytes.AsSpan(0, read), out var stored);
            if (fault == SnapshotFault.None && stored!.Manifest.Index == index)
            {
                _stored.Insert(0, stored);
            }
            else
            {
                _refused.Add(new SnapshotRefusal(
                    index, fault == SnapshotFault.None ? SnapshotFault.ManifestContent : fault));
                _files.Rename(name, name + StoredSnapshot.BadEnding);
            }
        }
    }

    // Higher than any file's, so that no log is ever written over.
    private ulong NextGeneration()
    {
        var next = 1UL;
        foreach (var name in _files.List())
        {
            var parts = name.Split('-', '.');
            if (parts is ["log", var number, _] && ulong.TryParse(number, out var generation))
            {
                next = Math.Max(next, generation + 1);
            }
        }

        return next;
    }
}
