using System.Runtime.InteropServices;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Reads that consensus has decided on and that wait for what they must see to be applied. Bounded by what consensus
/// takes on at once.
/// </summary>
internal sealed class CommittedReads(IReplicaOutput output)
{
    private readonly List<ReadState> _reads = [];

    public void Add(in ReadState read) => _reads.Add(read);

    /// <summary>Tells of those that may be served, and of those that will not be.</summary>
    /// <param name="appliedIndex">The last entry in the state.</param>
    /// <param name="isInstalling">Whether the machine is being filled: then there is no state to read.</param>
    /// <param name="isAside">Whether the state was found bad meanwhile: then nothing is read from it.</param>
    public void Serve(ulong appliedIndex, bool isInstalling, bool isAside)
    {
        var kept = 0;
        foreach (ref readonly var read in CollectionsMarshal.AsSpan(_reads))
        {
            if (read.Refusal == Refusal.None && isAside)
            {
                output.Read(read with { Refusal = Refusal.Faulty });
            }
            else if (read.Refusal == Refusal.None && (isInstalling || read.Index > appliedIndex))
            {
                CollectionsMarshal.AsSpan(_reads)[kept++] = read;
            }
            else
            {
                output.Read(in read);
            }
        }

        _reads.RemoveRange(kept, _reads.Count - kept);
    }
}
