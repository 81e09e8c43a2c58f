using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>A segment in memory, for recovery.</summary>
internal sealed class SegmentImage
{
    // What cannot be read must not look like anything that could be written.
    private const byte Unreadable = 0xDB;
    private readonly IDisk _disk;
    private readonly Memory<byte> _bytes;

    public SegmentImage(IDisk disk, int length)
    {
        _disk = disk;
        _bytes = disk.Allocate(length);
    }

    public ReadOnlySpan<byte> From(long offset) => _bytes.Span[(int)offset..];

    public ReadOnlySpan<byte> Body(in GroupHeader header) =>
        _bytes.Span.Slice((int)header.Offset + GroupHeader.Size, (int)header.BodyLength);

    /// <summary>Reads a segment; where that fails sector by sector, so that one bad sector is one bad sector.</summary>
    public void Read(ulong segment, List<WalFinding> findings)
    {
        var file = new FileId(FileKind.Segment, segment);
        if (_disk.ReadNow(file, 0, _bytes.Span) == DiskError.None)
        {
            return;
        }

        for (var offset = 0; offset < _bytes.Length; offset += IDisk.Sector)
        {
            var sector = _bytes.Span.Slice(offset, IDisk.Sector);
            if (_disk.ReadNow(file, offset, sector) == DiskError.None)
            {
                continue;
            }

            sector.Fill(Unreadable);
            if (findings.Count < WalReport.FindingsMax)
            {
                findings.Add(new WalFinding(WalFindingKind.Unreadable, file, offset, 0));
            }
        }
    }
}
