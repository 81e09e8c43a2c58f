using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// The behaviour version: who votes is taken from the configuration entries of the log, what each can apply from what
/// it announced.
/// </summary>
internal sealed class Membership(ExchangeState state, Administration administration)
{
    /// <summary>Versions this build can apply. A build replays every version it lists.</summary>
    public const uint BehaviourMax = 1;

    /// <summary>Takes over who votes. A payload in another form is replication's to refuse, and says nothing.</summary>
    public void Configure(ReadOnlySpan<byte> payload)
    {
        if (!ConfiguredMember.TryRead(payload, out var configured))
        {
            return;
        }

        state.Globals.ConfigurationIndex = state.Globals.Index;
        for (var slot = 0; slot < state.Members.Limit; slot++)
        {
            if (state.Members.At(slot).Id != 0)
            {
                state.Members.Write(slot).Voter &= ~Member.ConfiguredVoter;
            }
        }

        foreach (ref readonly var one in configured)
        {
            Take(in one);
        }

        for (var slot = 0; slot < state.Members.Limit; slot++)
        {
            ForgetIfNothing(slot);
        }
    }

    public Decision Announce(in AnnounceBehaviour command)
    {
        if (command.Member == 0)
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        var slot = Find(command.Member);
        if (command.VersionMax != 0 && (slot < 0 || state.Members.At(slot).VersionMax == 0)
            && CountAnnounced() >= AnnounceBehaviour.MembersMax)
        {
            return Decision.Reject(RejectCode.CapacityExhausted);
        }

        if (slot >= 0 || command.VersionMax != 0)
        {
            slot = slot < 0 ? Add(command.Member) : slot;
            ref var member = ref state.Members.Write(slot);
            var announced = command.VersionMax != 0 && command.Voter != 0 ? Member.AnnouncedVoter : 0;
            member.VersionMax = command.VersionMax;
            member.Voter = (member.Voter & Member.ConfiguredVoter) | announced;
            ForgetIfNothing(slot);
        }

        return administration.Administered(in command.Header, command.Member);
    }

    public Decision Raise(in RaiseBehaviour command)
    {
        var decisive = state.Globals.ConfigurationIndex == 0 ? Member.AnnouncedVoter : Member.ConfiguredVoter;
        var voters = 0;
        var isSupported = command.Version == state.Globals.BehaviourVersion + 1;
        for (var slot = 0; slot < state.Members.Limit; slot++)
        {
            ref var member = ref state.Members.At(slot);
            var isVoter = (member.Voter & decisive) != 0;
            voters += isVoter ? 1 : 0;
            isSupported &= !isVoter || member.VersionMax >= command.Version;
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

    // Another incarnation has another disk and may have another build: what the one before announced is not its word.
    private void Take(in ConfiguredMember configured)
    {
        var slot = Find(configured.Number);
        if (configured.Number == 0 || (slot < 0 && !configured.Votes))
        {
            return;
        }

        slot = slot < 0 ? Add(configured.Number) : slot;
        ref var member = ref state.Members.Write(slot);
        if (member.Incarnation != 0 && member.Incarnation != configured.Incarnation)
        {
            member.VersionMax = 0;
            member.Voter &= ~Member.AnnouncedVoter;
        }

        member.Incarnation = configured.Incarnation;
        member.Voter |= configured.Votes ? Member.ConfiguredVoter : 0;
    }

    private void ForgetIfNothing(int slot)
    {
        ref var member = ref state.Members.At(slot);
        if (member.Id != 0 && member.VersionMax == 0 && (member.Voter & Member.ConfiguredVoter) == 0)
        {
            state.Members.Write(slot) = default;
            state.MemberSlots.Free(slot);
        }
    }

    private int Add(uint member)
    {
        var slot = state.MemberSlots.Allocate();
        state.Members.Reserve(slot);
        state.Members.Write(slot).Id = member;
        return slot;
    }

    private int CountAnnounced()
    {
        var count = 0;
        for (var slot = 0; slot < state.Members.Limit; slot++)
        {
            count += state.Members.At(slot).VersionMax != 0 ? 1 : 0;
        }

        return count;
    }

    private int Find(uint member)
    {
        for (var slot = 0; slot < state.Members.Limit; slot++)
        {
            if (member != 0 && state.Members.At(slot).Id == member)
            {
                return slot;
            }
        }

        return -1;
    }
}
