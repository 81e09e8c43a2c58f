using Exchange.Rsm.Contracts.Log;
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

    /// <summary>A configuration entry: from here on it says who votes.</summary>
    public void Configure(ReadOnlySpan<byte> payload)
    {
        if (!ConfiguredMember.TryRead(payload, out var configured))
        {
            return;
        }

        state.ConfigurationIndex = state.Index;
        foreach (var member in state.Members.Values)
        {
            member.ConfiguredVoter = false;
        }

        foreach (var one in configured)
        {
            var isKnown = state.Members.TryGetValue(one.Number, out var member);
            if (one.Number == 0 || (!isKnown && !one.Votes))
            {
                continue;
            }

            member = MemberOf(one.Number);
            if (member.Incarnation != 0 && member.Incarnation != one.Incarnation)
            {
                member.VersionMax = 0;
                member.AnnouncedVoter = false;
            }

            member.Incarnation = one.Incarnation;
            member.ConfiguredVoter |= one.Votes;
        }

        ForgetMembers();
    }

    public Answer AnnounceBehaviour(Command command)
    {
        var announce = command.As<AnnounceBehaviour>();
        var before = state.Members.GetValueOrDefault(announce.Member)?.VersionMax ?? 0;
        var isNew = announce.VersionMax != 0 && before == 0;
        var announced = state.Members.Values.Count(member => member.VersionMax != 0);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, announce.Member == 0);
        refusals.Add(
            RejectCode.CapacityExhausted,
            isNew && announced >= Contracts.Trading.AnnounceBehaviour.MembersMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        var member = MemberOf(announce.Member);
        member.VersionMax = announce.VersionMax;
        member.AnnouncedVoter = announce.VersionMax != 0 && announce.Voter == 1;
        ForgetMembers();
        return events.Administered(command, announce.Member);
    }

    public Answer RaiseBehaviour(Command command)
    {
        var version = command.As<RaiseBehaviour>().Version;
        var voters = state.Members.Values
            .Where(member => state.ConfigurationIndex == 0 ? member.AnnouncedVoter : member.ConfiguredVoter)
            .ToList();
        var isSupported = voters.Count > 0 && voters.All(voter => voter.VersionMax >= version);
        if (version != (ulong)state.BehaviourVersion + 1 || !isSupported)
        {
            return new Answer { Code = RejectCode.BehaviourUnsupported };
        }

        state.BehaviourVersion = version;
        return events.Administered(command, version);
    }

    private ModelMember MemberOf(uint id)
    {
        if (!state.Members.TryGetValue(id, out var member))
        {
            member = new ModelMember(id);
            state.Members.Add(id, member);
        }

        return member;
    }

    // Of whom nothing is known but that they do not vote.
    private void ForgetMembers()
    {
        foreach (var member in state.Members.Values.ToList())
        {
            if (member.VersionMax == 0 && !member.ConfiguredVoter)
            {
                state.Members.Remove(member.Id);
            }
        }
    }
}
