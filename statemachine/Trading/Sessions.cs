using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Opens, closes and watches sessions; arms dead-man switches.</summary>
internal sealed class Sessions(ExchangeState state, Administration administration)
{
    public Decision Open(in OpenSession command)
    {
        ref var account = ref state.Accounts.Write((int)command.Header.Account.Value);
        if (command.Grace is < 0 or > OpenSession.GraceMax)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        if (account.Sessions >= state.Globals.Policy.SessionsMax
            || state.SessionSlots.Count >= state.Caps.Sessions
            || state.Globals.SessionsOpened == uint.MaxValue)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        var slot = state.SessionSlots.Allocate();
        state.Sessions.Reserve(slot);
        state.Replies.Reserve(Admission.ReplySlot(slot, Session.Window - 1));
        var id = ++state.Globals.SessionsOpened;
        state.Sessions.Write(slot) = new Session
        {
            Id = id,
            Account = command.Header.Account.Value,
            User = command.Header.User.Value,
            Next = 1,
            Grace = command.Grace,
        };
        state.SessionIndex.Add(ExchangeState.SessionHash(id), slot);
        account.Sessions++;
        return administration.Administered(in command.Header, id);
    }

    public Decision Close(in CloseSession command)
    {
        var slot = state.FindSession(command.Session.Value);
        if (slot < 0
            || state.Sessions.At(slot).User != command.Header.User.Value
            || state.Sessions.At(slot).Account != command.Header.Account.Value)
        {
            return Decision.Reject(RejectCode.UnknownTarget);
        }

        for (var number = 0UL; number < Session.Window; number++)
        {
            var reply = Admission.ReplySlot(slot, number);
            if (!StoredReply.IsEmpty(state.Replies.At(reply)))
            {
                state.Replies.Write(reply) = default;
            }
        }

        ref var session = ref state.Sessions.Write(slot);
        state.Accounts.Write((int)session.Account).Sessions--;
        state.Graces.Remove(slot);
        state.SessionIndex.Remove(ExchangeState.SessionHash(session.Id), slot);
        session = default;
        state.SessionSlots.Free(slot);
        return administration.Administered(in command.Header, command.Session.Value);
    }

    public Decision SetConnection(in SetSessionConnection command)
    {
        var slot = state.FindSession(command.Session.Value);
        if (slot < 0)
        {
            return Decision.Reject(RejectCode.UnknownTarget);
        }

        ref var session = ref state.Sessions.Write(slot);
        if (command.Connected != 0)
        {
            session.Disconnected = 0;
            session.GraceDeadline = 0;
            state.Graces.Remove(slot);
        }
        else if (session.Disconnected == 0)
        {
            session.Disconnected = 1;
            if (session.Grace == 0)
            {
                return Decision.Accept(command.Session.Value);
            }

            session.GraceDeadline = ServiceNow + session.Grace;
            state.Graces.Set(slot, session.GraceDeadline, session.Id);
        }

        return Decision.Accept(command.Session.Value);
    }

    public Decision SetDeadMan(in SetDeadManSwitch command)
    {
        if (command.Timeout is < 0 or > SetDeadManSwitch.TimeoutMax)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        var number = command.Header.Account.Value;
        ref var account = ref state.Accounts.Write((int)number);
        if (command.Timeout == 0)
        {
            account.DeadManDeadline = 0;
            state.DeadMen.Remove((int)number);
        }
        else
        {
            account.DeadManDeadline = ServiceNow + command.Timeout;
            state.DeadMen.Set((int)number, account.DeadManDeadline, number);
        }

        return Decision.Accept(number);
    }

    private long ServiceNow => state.Globals.Timestamp - state.Globals.Outage;
}
