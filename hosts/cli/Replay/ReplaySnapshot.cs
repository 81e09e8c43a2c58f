using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Storage.Portable;
using Exchange.Rsm.Replication.Snapshots;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>Writes a replayed machine's state as a snapshot file.</summary>
internal static class ReplaySnapshot
{
    private const int SliceBytes = 256 << 10;

    /// <summary>Cluster 1, term 1, and no chain hash: a replayed stream has no log of its own.</summary>
    public static void Write(string path, IStateMachine machine, long timestamp) =>
        Write(path, machine, new SnapshotHeader { ClusterId = 1, Term = 1, Timestamp = timestamp });

    /// <summary>Of a replayed log: whose, and which entry, is said by the caller.</summary>
    public static void Write(string path, IStateMachine machine, SnapshotHeader header)
    {
        var reader = machine.BeginSnapshot(SnapshotScope.All);
        header.Index = machine.AppliedIndex;
        header.StateHash = machine.StateHash;
        header.EventChainHash = machine.EventChainHash;
        header.RecordCount = reader.RecordCount;
        header.Length = reader.StreamLength;
        var manifest = SnapshotManifest.Create(header, []);
        var (buffer, taken) = (new OutputBuffer(SliceBytes * 2), 0);
        try
        {
            PortableSnapshot.Write(path, manifest, Next);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be written: {exception.Message}");
        }

        int Next(Span<byte> destination)
        {
            if (taken == buffer.Length)
            {
                buffer.Clear();
                taken = 0;
                reader.Read(buffer, SliceBytes);
            }

            var count = Math.Min(destination.Length, buffer.Length - taken);
            buffer.Written.Slice(taken, count).CopyTo(destination);
            taken += count;
            return count;
        }
    }
}
