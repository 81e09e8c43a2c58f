using System.Text;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Tests.Raft.Driving;

/// <summary>Logs written by hand: where the terms are the same from the start, so are the bytes.</summary>
internal static class TestLog
{
    /// <summary>One entry for each term given, with the text "term:index".</summary>
    public static List<byte[]> Of(ChainHasher hasher, params ulong[] terms)
    {
        List<byte[]> entries = [];
        var chain = ChainHash.Genesis;
        foreach (var term in terms)
        {
            var index = (ulong)entries.Count + 1;
            var entry = Entry(hasher, chain, index, term, $"{term}:{index}", (long)index);
            entries.Add(entry);
            chain = TestDisk.PointOf(entry).ChainHash;
        }

        return entries;
    }

    public static byte[] Entry(
        ChainHasher hasher,
        ChainHash chain,
        ulong index,
        ulong term,
        string text,
        long timestamp,
        EntryKind kind = EntryKind.Commands) =>
        Entry(hasher, chain, index, term, Encoding.ASCII.GetBytes(text), timestamp, kind);

    public static byte[] Entry(
        ChainHasher hasher,
        ChainHash chain,
        ulong index,
        ulong term,
        byte[] payload,
        long timestamp,
        EntryKind kind)
    {
        var header = new EntryHeader
        {
            ClusterId = TestCluster.ClusterId,
            Term = term,
            Index = index,
            Timestamp = timestamp,
            Kind = kind,
            Epoch = TestCluster.Epoch,
            CommandCount = kind == EntryKind.Commands ? 1u : 0,
        };
        EntryCodec.Seal(ref header, payload, in chain, hasher);
        var entry = new byte[EntryCodec.HeaderSize + payload.Length];
        EntryCodec.Write(in header, payload, entry);
        return entry;
    }
}
