using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Drains and behaviour versions: kinds 50 to 61.</summary>
internal sealed class OperationsService(ModelState state, ModelEvents events)
{
    public Answer ClaimDrain(Command command)
    {
        var id = command.As<ClaimDrain>().Drain;
        var isNew = !state.Drains.ContainsKey(id);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, id == 0);
        refusals.Add(
            RejectCode.CapacityExhausted,
            isNew && state.Drains.Count >= Contracts.Trading.ClaimDrain.DrainsMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        if (isNew)
        {
            state.Drains.Add(id, new ModelDrain { Id = id });
        }

        state.Drains[id].Token = state.Index;
        return events.Administered(command, state.Index);
    }

    public Answer AdvanceDrain(Command command)
    {
        var advance = command.As<AdvanceDrain>();
        if (!state.Drains.TryGetValue(advance.Drain, out var drain))
        {
            return new Answer { Code = RejectCode.UnknownTarget };
        }

        var refusals = new Refusals();
        refusals.Add(RejectCode.FencingToken, advance.Token != drain.Token);
        refusals.Add(
            RejectCode.CursorOutOfRange,
            advance.Position < drain.Cursor || advance.Position > state.Index);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        drain.Cursor = advance.Position;
        return Answer.Accepted(drain.Id);
    }

    public Answer DropDrain(Command command)
    {
        var id = command.As<DropDrain>().Drain;
        return state.Drains.Remove(id)
            ? events.Administered(command, id)
            : new Answer { Code = RejectCode.UnknownTarget };
    }

    public Answer AnnounceBehaviour(Command command)
    {
        var announce = command.As<AnnounceBehaviour>();
        var isNew = announce.VersionMax != 0 && !state.Members.ContainsKey(announce.Member);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, announce.Member == 0);
        refusals.Add(
            RejectCode.CapacityExhausted,
            isNew && state.Members.Count >= Contracts.Trading.AnnounceBehaviour.MembersMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        state.Members.Remove(announce.Member);
        if (announce.VersionMax != 0)
        {
            var member = new ModelMember(announce.Member, announce.VersionMax, announce.Voter == 1);
            state.Members.Add(member.Id, member);
        }

        return events.Administered(command, announce.Member);
    }

    public Answer RaiseBehaviour(Command command)
    {
        var version = command.As<RaiseBehaviour>().Version;
        var voters = state.Members.Values.Where(member => member.Voter).ToList();
        var isSupported = voters.Count > 0 && voters.All(voter => voter.VersionMax >= version);
        if (version != (ulong)state.BehaviourVersion + 1 || !isSupported)
        {
            return new Answer { Code = RejectCode.BehaviourUnsupported };
        }

        state.BehaviourVersion = version;
        return events.Administered(command, version);
    }
}
