using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.StateMachine.Tests.Driving;

/// <summary>One record of a snapshot.</summary>
internal sealed record SnapshotPart(SnapshotRecordHeader Header, byte[] Content)
{
    public SnapshotPart With(in SnapshotRecordHeader header) => new(header, Content);

    /// <summary>Under another kind, key or content, with the checksum made to fit.</summary>
    public static SnapshotPart Sealed(ushort kind, UInt128 key, byte[] content) => new(
        new SnapshotRecordHeader
        {
            Kind = kind,
            Key = key,
            Length = (uint)content.Length,
            Checksum = SnapshotRecordHeader.ChecksumOf(kind, key, content),
        },
        content);
}

/// <summary>The records of a full snapshot as a follower on disk keeps them: kind and key to content.</summary>
internal sealed class SnapshotImage
{
    private readonly SortedDictionary<(ushort Kind, UInt128 Key), SnapshotPart> _records = [];

    public IReadOnlyCollection<SnapshotPart> Parts => _records.Values;

    /// <summary>Reads a snapshot to its end, in pieces of some bytes.</summary>
    public static byte[] Read(ISnapshotReader reader, int bytesMax = 4096)
    {
        var all = new List<byte>();
        while (ReadPiece(reader, bytesMax, all))
        {
        }

        return [.. all];
    }

    /// <summary>Reads one piece; false at the end.</summary>
    public static bool ReadPiece(ISnapshotReader reader, int bytesMax, List<byte> all)
    {
        var piece = new OutputBuffer();
        reader.Read(piece, bytesMax);
        all.AddRange(piece.Written);
        return piece.Length > 0;
    }

    public static List<SnapshotPart> Split(ReadOnlySpan<byte> stream)
    {
        var parts = new List<SnapshotPart>();
        while (!stream.IsEmpty)
        {
            var header = MemoryMarshal.Read<SnapshotRecordHeader>(stream);
            stream = stream[Unsafe.SizeOf<SnapshotRecordHeader>()..];
            parts.Add(new SnapshotPart(header, [.. stream[..(int)header.Length]]));
            stream = stream[(int)header.Length..];
        }

        return parts;
    }

    /// <summary>Puts a snapshot's records over those here.</summary>
    public void Apply(ReadOnlySpan<byte> stream)
    {
        foreach (var part in Split(stream))
        {
            if (part.Header.Removed != 0)
            {
                _records.Remove((part.Header.Kind, part.Header.Key));
            }
            else
            {
                _records[(part.Header.Kind, part.Header.Key)] = part;
            }
        }
    }

    /// <summary>The records as a full snapshot's stream holds them.</summary>
    public byte[] ToStream() => Join(_records.Values);

    public static byte[] Join(IEnumerable<SnapshotPart> parts) =>
        [.. parts.SelectMany(part => (byte[])[.. HeaderBytes(part), .. part.Content])];

    /// <summary>Restores parts into a machine; false where a record or the whole is refused.</summary>
    public static bool TryRestore(ExchangeMachine machine, IEnumerable<SnapshotPart> parts, ulong stateHash)
    {
        var writer = machine.BeginRestore();
        foreach (var part in parts)
        {
            if (!writer.TryWrite(part.Header, part.Content))
            {
                return false;
            }
        }

        return writer.TryEnd(stateHash);
    }

    private static byte[] HeaderBytes(SnapshotPart part) =>
        [.. MemoryMarshal.AsBytes(new ReadOnlySpan<SnapshotRecordHeader>([part.Header]))];
}
