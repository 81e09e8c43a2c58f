using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Drains and their fencing.</summary>
internal sealed class Services(ExchangeState state, Administration administration)
{
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
}
