using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Replication.Raft;
using Member = Exchange.Rsm.Replication.Replica.Replica;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>
/// Makes entries of what waits. There is no timer: while entries are under way, commands gather, and all that have
/// gathered share the next one.
/// </summary>
internal sealed class Proposer(Member replica, CommandQueue queue, PendingCommands pending, Func<LeaderAddress> leader)
{
    /// <summary>
    /// Most commands of an entry: few enough that their events stay far below what an entry may hold, and that applying
    /// one takes less than a few milliseconds.
    /// </summary>
    public const int CommandsMax = 4096;

    /// <summary>Most bytes of an entry: what one submission may have.</summary>
    public const int BytesMax = (int)EntryHeader.PayloadLengthMax;

    // Enough to have one being made durable, one on its way, and one being applied.
    private const int EntriesUnderWay = 4;

    private readonly OutputBuffer _payload = new(64 << 10);
    private readonly List<Waiting> _waiting = [];
    private int _count;

    /// <summary>Entries that were proposed.</summary>
    public long Proposed { get; private set; }

    /// <summary>Proposals that consensus would not take at once.</summary>
    public long HeldBack { get; private set; }

    /// <summary>Proposes what waits, as far as there is room; where this member does not lead, refuses it.</summary>
    /// <param name="isLeading">Whether it leads.</param>
    /// <returns>True where an entry was proposed.</returns>
    public bool Step(bool isLeading)
    {
        if (!isLeading)
        {
            while (Fill())
            {
                Refuse(Refusal.NotLeader);
            }

            return false;
        }

        var hasProposed = false;
        while (pending.Entries < EntriesUnderWay && Fill())
        {
            if (!TryPropose())
            {
                break;
            }

            hasProposed = true;
        }

        return hasProposed;
    }

    private bool Fill()
    {
        while (queue.TryTake(CommandsLeft(), BytesMax - _payload.Length, out var submission))
        {
            _payload.Append(submission.Commands);
            _count += (int)submission.Count;
            _waiting.Add(new Waiting(submission.Request.Channel, submission.Request.Tag, submission.Count));
            submission.Request.Release();
        }

        return _waiting.Count > 0;
    }

    // One submission alone may have more than is taken together from several.
    private int CommandsLeft() => _count == 0 ? (int)SubmitHeader.CountMax : CommandsMax - _count;

    private bool TryPropose()
    {
        var refusal = replica.Propose(_payload.Written, (uint)_count, out var index);
        switch (refusal)
        {
            case Refusal.None:
                pending.Add(index, replica.Node.Status.Term, _waiting, leader());
                Proposed++;
                Clear();
                return true;

            // Soon there is room, or another leader: nothing is lost by waiting.
            case Refusal.BackPressure or Refusal.Transferring:
                HeldBack++;
                return false;
            default:
                Refuse(refusal);
                return false;
        }
    }

    private void Refuse(Refusal refusal)
    {
        foreach (var one in _waiting)
        {
            one.Channel.Refuse(one.Tag, Refusals.CodeOf(refusal), leader(), (ushort)refusal);
            one.Channel.Pending--;
        }

        Clear();
    }

    private void Clear()
    {
        _payload.Clear();
        _waiting.Clear();
        _count = 0;
    }
}
