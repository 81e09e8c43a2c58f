using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Snapshots;

/// <summary>
/// Reads a canonical stream in pieces of any size and checks all there is to check of it by itself: each record's
/// checksum, their order, their number, the length and the digest. Sums and order are checked while it flows, so that
/// a damaged stream is refused before its last byte came.
/// </summary>
public sealed class SnapshotStreamReader : IDisposable
{
    private readonly SnapshotManifest _manifest;
    private readonly ISnapshotWriter? _target;
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    // A record that is not all there yet.
    private byte[] _part = new byte[4096];
    private int _partLength;
    private ulong _taken;
    private ulong _count;
    private ushort _lastKind;
    private UInt128 _lastKey;

    /// <summary>Reads the stream of a manifest.</summary>
    /// <param name="manifest">What it must add up to.</param>
    /// <param name="target">Takes the records; null where they are only checked.</param>
    public SnapshotStreamReader(SnapshotManifest manifest, ISnapshotWriter? target)
    {
        _manifest = manifest;
        _target = target;
    }

    /// <summary>What is wrong; the first thing found, and nothing is read after it.</summary>
    public SnapshotFault Fault { get; private set; }

    /// <summary>Bytes of whole and undamaged records so far.</summary>
    public ulong VerifiedLength { get; private set; }

    /// <summary>Records so far.</summary>
    public ulong RecordCount => _count;

    /// <summary>SHA-256 of what was read; after <see cref="TryEnd"/>.</summary>
    public ChainHash Digest { get; private set; }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">The next bytes of the stream.</param>
    /// <returns>False where something is wrong.</returns>
    public bool TryRead(ReadOnlySpan<byte> bytes)
    {
        if (Fault != SnapshotFault.None)
        {
            return false;
        }

        if (_taken + (ulong)bytes.Length > _manifest.Header.Length)
        {
            return Refuse(SnapshotFault.Length);
        }

        _taken += (ulong)bytes.Length;
        _digest.AppendData(bytes);
        while (_partLength > 0 && !bytes.IsEmpty)
        {
            if (!TryFillPart(ref bytes))
            {
                return false;
            }
        }

        while (bytes.Length >= SnapshotRecords.HeaderSize)
        {
            var length = LengthOf(bytes);
            if (length < 0)
            {
                return false;
            }

            if (length > bytes.Length)
            {
                break;
            }

            if (!TryTake(bytes[..length]))
            {
                return false;
            }

            bytes = bytes[length..];
        }

        Keep(bytes);
        return true;
    }

    /// <summary>Ends the stream.</summary>
    /// <returns>False where something is wrong.</returns>
    public bool TryEnd()
    {
        if (Fault != SnapshotFault.None)
        {
            return false;
        }

        Unsafe.SkipInit(out ChainHash digest);
        _digest.GetHashAndReset(MemoryMarshal.AsBytes(new Span<ChainHash>(ref digest)));
        Digest = digest;
        if (_taken != _manifest.Header.Length || _partLength != 0)
        {
            return Refuse(SnapshotFault.Length);
        }

        if (_count != _manifest.Header.RecordCount)
        {
            return Refuse(SnapshotFault.RecordCount);
        }

        return (_manifest.Header.HasDigest == 0 || digest == _manifest.Header.Digest) || Refuse(SnapshotFault.Digest);
    }

    /// <summary>Frees the working memory.</summary>
    public void Dispose() => _digest.Dispose();

    // Completes the header first, then as much as it asks for.
    private bool TryFillPart(ref ReadOnlySpan<byte> bytes)
    {
        var wanted = SnapshotRecords.HeaderSize;
        if (_partLength >= wanted)
        {
            wanted = LengthOf(_part);
            if (wanted < 0)
            {
                return false;
            }
        }

        var count = Math.Min(wanted - _partLength, bytes.Length);
        Keep(bytes[..count]);
        bytes = bytes[count..];
        if (_partLength < SnapshotRecords.HeaderSize)
        {
            return true;
        }

        wanted = LengthOf(_part);
        if (wanted < 0)
        {
            return false;
        }

        if (_partLength == wanted)
        {
            _partLength = 0;
            return TryTake(_part.AsSpan(0, wanted));
        }

        return true;
    }

    private int LengthOf(ReadOnlySpan<byte> record)
    {
        var content = MemoryMarshal.Read<SnapshotRecordHeader>(record).Length;
        if (content <= SnapshotRecords.ContentLengthMax)
        {
            return SnapshotRecords.HeaderSize + (int)content;
        }

        Refuse(SnapshotFault.RecordContent);
        return -1;
    }

    private bool TryTake(ReadOnlySpan<byte> record)
    {
        var header = MemoryMarshal.Read<SnapshotRecordHeader>(record);
        var content = record[SnapshotRecords.HeaderSize..];
        var fault = SnapshotRecords.Check(in header, content);
        if (fault != SnapshotFault.None)
        {
            return Refuse(fault);
        }

        if (_count > 0 && (header.Kind, header.Key).CompareTo((_lastKind, _lastKey)) <= 0)
        {
            return Refuse(SnapshotFault.RecordOrder);
        }

        (_lastKind, _lastKey) = (header.Kind, header.Key);
        _count++;
        VerifiedLength += (ulong)record.Length;
        if (_count > _manifest.Header.RecordCount)
        {
            return Refuse(SnapshotFault.RecordCount);
        }

        return _target is null || _target.TryWrite(in header, content) || Refuse(SnapshotFault.RecordRefused);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_partLength + bytes.Length > _part.Length)
        {
            Array.Resize(ref _part, Math.Max(_part.Length * 2, _partLength + bytes.Length));
        }

        bytes.CopyTo(_part.AsSpan(_partLength));
        _partLength += bytes.Length;
    }

    private bool Refuse(SnapshotFault fault)
    {
        Fault = fault;
        return false;
    }
}
