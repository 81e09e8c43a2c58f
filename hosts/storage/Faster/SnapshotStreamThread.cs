using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Snapshots;
using FASTER.core;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// Reads one snapshot as its canonical stream on a thread of its own, a bounded number of pieces ahead. It opens the
/// log for itself, read only, and so sees the snapshot and nothing that was written after it.
/// </summary>
internal sealed class SnapshotStreamThread
{
    private const int PieceBytes = 256 << 10;
    private const int PiecesMax = 4;

    private readonly IStoreFiles _files;
    private readonly FasterOptions _options;
    private readonly StoredSnapshot _stored;
    private readonly object _lock = new();
    private readonly Queue<byte[]> _pieces = [];
    private readonly Thread _thread;
    private int _taken;
    private bool _isAtEnd;
    private volatile bool _isClosed;

    public SnapshotStreamThread(IStoreFiles files, FasterOptions options, StoredSnapshot stored)
    {
        (_files, _options, _stored) = (files, options, stored);
        _thread = new Thread(Run) { IsBackground = true, Name = "snapshot stream" };
        _thread.Start();
    }

    public (SnapshotFault Fault, string Detail) Outcome { get; private set; }

    public bool IsEnded => !_thread.IsAlive;

    public ulong Generation => _stored.Generation;

    public SnapshotReading Read(Span<byte> destination, out int count)
    {
        count = 0;
        lock (_lock)
        {
            if (!_pieces.TryPeek(out var piece))
            {
                return (_isAtEnd, Outcome.Fault) switch
                {
                    (false, _) => SnapshotReading.Later,
                    (true, SnapshotFault.None) => SnapshotReading.End,
                    _ => SnapshotReading.Failed,
                };
            }

            count = Math.Min(destination.Length, piece.Length - _taken);
            piece.AsSpan(_taken, count).CopyTo(destination);
            _taken += count;
            if (_taken == piece.Length)
            {
                _pieces.Dequeue();
                _taken = 0;
                Monitor.PulseAll(_lock);
            }

            return SnapshotReading.Bytes;
        }
    }

    public void WaitForBytes()
    {
        lock (_lock)
        {
            while (_pieces.Count == 0 && !_isAtEnd)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    /// <summary>
    /// Asks the thread to end: it does so at the next page or record. Who asks is the thread that answers peers, and
    /// does not wait for a disk.
    /// </summary>
    public void Close()
    {
        _isClosed = true;
        lock (_lock)
        {
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits for the end; for the end of the store.</summary>
    public void Join() => _thread.Join();

    private void Run()
    {
        try
        {
            ReadAll();
        }
        catch (Exception exception) when (exception is StoreException or IOException or FasterException)
        {
            Outcome = (exception is StoreException store ? store.Fault : SnapshotFault.Device, exception.Message);
        }

        lock (_lock)
        {
            _isAtEnd = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void ReadAll()
    {
        using var log = RecordLog.Open(_options, _files, _stored, isReadOnly: true, () => _isClosed);
        using var merge = new RunMerge(log);
        var piece = new byte[PieceBytes];
        var filled = 0;
        while (!_isClosed && merge.TryNext())
        {
            var header = merge.Header;
            Fill(MemoryMarshal.AsBytes(new ReadOnlySpan<SnapshotRecordHeader>(in header)), ref piece, ref filled);
            Fill(merge.Content, ref piece, ref filled);
        }

        if (filled > 0)
        {
            HandOver(piece[..filled]);
        }
    }

    private void Fill(ReadOnlySpan<byte> bytes, ref byte[] piece, ref int filled)
    {
        while (!bytes.IsEmpty && !_isClosed)
        {
            var count = Math.Min(bytes.Length, piece.Length - filled);
            bytes[..count].CopyTo(piece.AsSpan(filled));
            bytes = bytes[count..];
            filled += count;
            if (filled == piece.Length)
            {
                HandOver(piece);
                piece = new byte[PieceBytes];
                filled = 0;
            }
        }
    }

    private void HandOver(byte[] piece)
    {
        lock (_lock)
        {
            while (_pieces.Count == PiecesMax && !_isClosed)
            {
                Monitor.Wait(_lock);
            }

            _pieces.Enqueue(piece);
            Monitor.PulseAll(_lock);
        }
    }
}
