using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Tests.Raft.Driving;

/// <summary>A message under way, with its own copy of the body.</summary>
internal sealed record Letter(PeerMessage Message, byte[] Body)
{
    public uint From => Message.From.Number;

    public uint To => Message.To.Number;

    public PeerMessageKind Kind => Message.Kind;

    public override string ToString() =>
        $"{From}→{To} {Kind} t{Message.Term} i{Message.Index}/{Message.LogTerm} "
        + $"c{Message.CommitIndex} {Message.Reason}";
}
