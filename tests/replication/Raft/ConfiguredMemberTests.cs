using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>A state machine reads the members of a configuration entry as replication wrote them.</summary>
public sealed class ConfiguredMemberTests
{
    private static readonly MemberRoles[] _roles =
    [
        MemberRoles.Voter, MemberRoles.Voter | MemberRoles.OutgoingVoter, MemberRoles.OutgoingVoter,
        MemberRoles.OutgoingVoter | MemberRoles.Learner, MemberRoles.Learner,
        MemberRoles.Learner | MemberRoles.Promotable,
    ];

    [Fact]
    public void Every_member_is_read_with_its_number_incarnation_and_vote()
    {
        Assert.Equal(Configuration.MembersMax, ConfiguredMember.CountMax);
        for (var count = 0; count <= ConfiguredMember.CountMax; count++)
        {
            var members = Enumerable.Range(1, count)
                .Select(i => new Member(new MemberId((uint)i * 3, (uint)i), _roles[i % _roles.Length])).ToArray();
            var configuration = Configuration.Of(members);
            Assert.True(ConfiguredMember.TryRead(Encode(configuration), out var read));
            Assert.Equal(
                members.Select(member => (member.Id.Number, member.Id.Incarnation, configuration.IsVoter(member.Id))),
                read.ToArray().Select(member => (member.Number, member.Incarnation, member.Votes)));
        }
    }

    [Fact]
    public void Another_version_or_length_is_not_read()
    {
        var bytes = Encode(Configuration.OfVoters(new MemberId(1, 1), new MemberId(2, 1)));
        Assert.False(ConfiguredMember.TryRead(bytes.AsSpan(0, bytes.Length - 1), out _));
        Assert.False(ConfiguredMember.TryRead(bytes.AsSpan(0, 7), out _));
        Assert.False(ConfiguredMember.TryRead([], out _));
        Assert.False(ConfiguredMember.TryRead([2, .. bytes.AsSpan(1)], out _));
        Assert.False(ConfiguredMember.TryRead([1, 0, 17, 0, 0, 0, 0, 0, .. new byte[17 * 16]], out _));
    }

    private static byte[] Encode(Configuration configuration)
    {
        var bytes = new byte[configuration.EncodedLength];
        configuration.Encode(bytes);
        return bytes;
    }
}
