using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Dead-man switch and sessions.</summary>
internal sealed class SessionService(ModelState state, ModelEvents events)
{
    public Answer SetDeadManSwitch(Command command)
    {
        var timeout = command.As<SetDeadManSwitch>().Timeout;
        if (timeout is < 0 or > Contracts.Trading.SetDeadManSwitch.TimeoutMax)
        {
            return new Answer { Code = RejectCode.InvalidValue };
        }

        var account = state.Accounts[command.Header.Account.Value];
        account.DeadManDeadline = timeout == 0 ? null : state.ServiceNow + timeout;
        return Answer.Accepted(account.Id);
    }

    public Answer Open(Command command)
    {
        var header = command.Header;
        var grace = command.As<OpenSession>().Grace;
        var open = state.Sessions.Values.Count(session => session.Account == header.Account.Value);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, grace is < 0 or > OpenSession.GraceMax);
        refusals.Add(RejectCode.CapacityExhausted, open >= state.Policy.SessionsMax);
        refusals.Add(RejectCode.CapacityExhausted, state.Sessions.Count >= TableLimits.SessionsMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        state.LastSession++;
        state.Sessions.Add(state.LastSession, new ModelSession
        {
            Id = state.LastSession,
            Account = header.Account.Value,
            User = header.User.Value,
            Grace = grace,
        });
        return events.Administered(command, state.LastSession);
    }

    public Answer Close(Command command)
    {
        var session = state.Sessions.GetValueOrDefault(command.As<CloseSession>().Session.Value);
        if (session is null
            || session.Account != command.Header.Account.Value
            || session.User != command.Header.User.Value)
        {
            return new Answer { Code = RejectCode.UnknownTarget };
        }

        state.Sessions.Remove(session.Id);
        return events.Administered(command, session.Id);
    }

    public Answer SetConnection(Command command)
    {
        var notice = command.As<SetSessionConnection>();
        if (!state.Sessions.TryGetValue(notice.Session.Value, out var session))
        {
            return new Answer { Code = RejectCode.UnknownTarget };
        }

        if (notice.Connected == 1)
        {
            session.Connected = true;
            session.GraceDeadline = null;
        }
        else if (session.Connected)
        {
            session.Connected = false;
            session.GraceDeadline = session.Grace == 0 ? null : state.ServiceNow + session.Grace;
        }

        return Answer.Accepted(session.Id);
    }
}
