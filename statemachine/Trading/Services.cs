using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Drains and their fencing, and the behaviour version.</summary>
internal sealed class Services(ExchangeState state, Administration administration)
{
    /// <summary>Versions this build can apply. A build replays every version it lists.</summary>
    public const uint BehaviourMax = 1;

    public Decision Claim(in ClaimDrain command)
    {
        if (command.Drain == 0)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        var slot = FindDrain(command.Drain);
        if (slot < 0 && state.DrainSlots.Count >= ClaimDrain.DrainsMax)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        if (slot < 0)
        {
            slot = state.DrainSlots.Allocate();
            state.Drains.Reserve(slot);
            state.Drains.Write(slot) = new Drain { Id = command.Drain, Position = 1 };
        }

        state.Drains.Write(slot).Token = state.Globals.Index;
        return administration.Administered(in command.Header, state.Globals.Index);
    }

    public Decision Advance(in AdvanceDrain command)
    {
        var slot = FindDrain(command.Drain);
        if (slot < 0)
        {
            return Decision.Reject(RejectCode.UnknownTarget);
        }

        ref var drain = ref state.Drains.Write(slot);
        if (command.Token != drain.Token)
        {
            return Decision.Reject(RejectCode.FencingToken);
        }

        if (command.Position < drain.Position || command.Position > state.Globals.Index)
        {
            return Decision.Reject(RejectCode.CursorOutOfRange);
        }

        drain.Position = command.Position;
        return Decision.Accept(command.Drain);
    }

    public Decision Drop(in DropDrain command)
    {
        var slot = FindDrain(command.Drain);
        if (slot < 0)
        {
            return Decision.Reject(RejectCode.UnknownTarget);
        }

        state.Drains.Write(slot) = default;
        state.DrainSlots.Free(slot);
        return administration.Administered(in command.Header, command.Drain);
    }

    public Decision Announce(in AnnounceBehaviour command)
    {
        if (command.Member == 0)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        var slot = FindMember(command.Member);
        if (command.VersionMax == 0)
        {
            if (slot >= 0)
            {
                state.Members.Write(slot) = default;
                state.MemberSlots.Free(slot);
            }

            return administration.Administered(in command.Header, command.Member);
        }

        if (slot < 0)
        {
            if (state.MemberSlots.Count >= AnnounceBehaviour.MembersMax)
            {
                return Decision.Reject(RejectCode.CapacityExhausted);
            }

            slot = state.MemberSlots.Allocate();
            state.Members.Reserve(slot);
        }

        state.Members.Write(slot) = new Member
        {
            Id = command.Member,
            VersionMax = command.VersionMax,
            Voter = command.Voter,
        };
        return administration.Administered(in command.Header, command.Member);
    }

    public Decision Raise(in RaiseBehaviour command)
    {
        var voters = 0;
        var isSupported = command.Version == state.Globals.BehaviourVersion + 1;
        for (var slot = 0; slot < state.Members.Limit; slot++)
        {
            ref var member = ref state.Members.At(slot);
            voters += member.Voter != 0 ? 1 : 0;
            isSupported &= member.Voter == 0 || member.VersionMax >= command.Version;
        }

        if (!isSupported || voters == 0)
        {
            return Decision.Reject(RejectCode.BehaviourUnsupported);
        }

        // The others go on under rules this build does not know: it must stop, not guess.
        Invariant.Check(command.Version <= BehaviourMax);
        state.Globals.BehaviourVersion = command.Version;
        return administration.Administered(in command.Header, command.Version);
    }

    private int FindDrain(uint id)
    {
        for (var slot = 0; slot < state.Drains.Limit; slot++)
        {
            if (id != 0 && state.Drains.At(slot).Id == id)
            {
                return slot;
            }
        }

        return -1;
    }

    private int FindMember(uint id)
    {
        for (var slot = 0; slot < state.Members.Limit; slot++)
        {
            if (state.Members.At(slot).Id == id)
            {
                return slot;
            }
        }

        return -1;
    }
}
