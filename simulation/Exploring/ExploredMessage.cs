using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Simulation.Exploring;

/// <summary>A message that was sent, with bytes of its own.</summary>
/// <param name="Header">The envelope.</param>
/// <param name="Body">The body.</param>
internal sealed record ExploredMessage(PeerMessage Header, byte[] Body)
{
    public int From => (int)Header.From.Number - 1;

    public int To => (int)Header.To.Number - 1;

    public override string ToString()
    {
        var entries = Header.EntryCount > 0 ? $" entries {Header.Index + 1}–{Header.Index + Header.EntryCount}" : "";
        var reason = Header.Reason == AnswerReason.None ? "" : $" {Header.Reason}";
        var granted = Header.Flags.HasFlag(MessageFlags.Granted) ? " granted" : "";
        return $"{Header.Kind} {From}→{To} term {Header.Term} index {Header.Index}{entries}{granted}{reason}";
    }
}
