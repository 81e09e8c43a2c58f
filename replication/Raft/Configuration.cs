using System.Buffers.Binary;
using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Raft;

/// <summary>What a member is, by configuration. Flags, because a joint configuration holds two at once.</summary>
[Flags]
public enum MemberRoles : byte
{
    /// <summary>Not a member.</summary>
    None = 0,

    /// <summary>Votes in the configuration that is, or that is being entered.</summary>
    Voter = 1,

    /// <summary>Votes in the configuration that is being left.</summary>
    OutgoingVoter = 2,

    /// <summary>
    /// Receives the log and does not vote; with <see cref="OutgoingVoter"/>, once the change is over.
    /// </summary>
    Learner = 4,

    /// <summary>A learner that becomes a voter as soon as it has caught up.</summary>
    Promotable = 8,
}

/// <summary>One member of a configuration.</summary>
/// <param name="Id">Who.</param>
/// <param name="Roles">As what.</param>
public readonly record struct Member(MemberId Id, MemberRoles Roles);

/// <summary>
/// Who takes part: voters, learners, and during a change both sets of voters (joint consensus, thesis 4.3). Immutable.
/// Its canonical encoding is the payload of an entry of kind <see cref="EntryKind.Configuration"/>: 8 bytes (version,
/// reserved, count, reserved), then 16 bytes a member (number, incarnation, roles, reserved), by number.
/// </summary>
public sealed class Configuration
{
    /// <summary>Most members at once, both sides of a change counted.</summary>
    public const int MembersMax = 16;

    private const byte CurrentVersion = 1;
    private const int HeaderBytes = 8;
    private const int MemberBytes = 16;

    private readonly Member[] _members;

    private Configuration(Member[] members)
    {
        _members = members;
        for (var i = 0; i < members.Length; i++)
        {
            IsJoint |= Has(members[i].Roles, MemberRoles.OutgoingVoter);
            VoterCount += Has(members[i].Roles, MemberRoles.Voter) ? 1 : 0;
            OutgoingCount += Has(members[i].Roles, MemberRoles.OutgoingVoter) ? 1 : 0;
        }
    }

    /// <summary>Nobody: a node that was not told yet.</summary>
    public static Configuration Empty { get; } = new([]);

    /// <summary>The members by number.</summary>
    public ReadOnlySpan<Member> Members => _members;

    /// <summary>Whether a change is under way: majorities of both sets are needed.</summary>
    public bool IsJoint { get; }

    /// <summary>Voters of the configuration that is or is being entered.</summary>
    public int VoterCount { get; }

    /// <summary>Voters of the configuration that is being left; zero unless joint.</summary>
    public int OutgoingCount { get; }

    /// <summary>Bytes of <see cref="Encode"/>.</summary>
    public int EncodedLength => HeaderBytes + (MemberBytes * _members.Length);

    /// <summary>Makes a configuration.</summary>
    /// <param name="members">The members in any order; numbers from 1, each once.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="InvariantViolationException">The members are not a configuration.</exception>
    public static Configuration Of(params ReadOnlySpan<Member> members)
    {
        var sorted = members.ToArray();
        Array.Sort(sorted, static (left, right) => left.Id.Number.CompareTo(right.Id.Number));
        Invariant.Check(AreMembers(sorted));
        return new Configuration(sorted);
    }

    /// <summary>Makes a configuration of voters alone.</summary>
    /// <param name="voters">Who votes.</param>
    /// <returns>The configuration.</returns>
    public static Configuration OfVoters(params ReadOnlySpan<MemberId> voters)
    {
        var members = new Member[voters.Length];
        for (var i = 0; i < voters.Length; i++)
        {
            members[i] = new Member(voters[i], MemberRoles.Voter);
        }

        return Of(members);
    }

    /// <summary>Reads an encoding.</summary>
    /// <param name="bytes">Exactly one encoding.</param>
    /// <param name="configuration">The configuration; empty where the answer is false.</param>
    /// <returns>False where the bytes are not canonical.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out Configuration configuration)
    {
        configuration = Empty;
        if (bytes.Length < HeaderBytes || bytes[0] != CurrentVersion || bytes[1] != 0)
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        if (count > MembersMax || bytes.Length != HeaderBytes + (MemberBytes * count))
        {
            return false;
        }

        var members = new Member[count];
        for (var i = 0; i < count; i++)
        {
            var at = bytes.Slice(HeaderBytes + (MemberBytes * i), MemberBytes);
            var id = new MemberId(
                BinaryPrimitives.ReadUInt32LittleEndian(at),
                BinaryPrimitives.ReadUInt32LittleEndian(at[4..]));
            members[i] = new Member(id, (MemberRoles)at[8]);
        }

        if (!AreMembers(members))
        {
            return false;
        }

        var decoded = new Configuration(members);
        Span<byte> canonical = stackalloc byte[HeaderBytes + (MemberBytes * MembersMax)];
        decoded.Encode(canonical);
        if (!canonical[..decoded.EncodedLength].SequenceEqual(bytes))
        {
            return false;
        }

        configuration = decoded;
        return true;
    }

    /// <summary>Writes the canonical encoding.</summary>
    /// <param name="destination">At least <see cref="EncodedLength"/> bytes.</param>
    public void Encode(Span<byte> destination)
    {
        destination = destination[..EncodedLength];
        destination.Clear();
        destination[0] = CurrentVersion;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[2..], (ushort)_members.Length);
        for (var i = 0; i < _members.Length; i++)
        {
            var at = destination[(HeaderBytes + (MemberBytes * i))..];
            BinaryPrimitives.WriteUInt32LittleEndian(at, _members[i].Id.Number);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], _members[i].Id.Incarnation);
            at[8] = (byte)_members[i].Roles;
        }
    }

    /// <summary>What a member is here.</summary>
    /// <param name="id">Who.</param>
    /// <returns>Its roles; none where it is no member, or was one in another incarnation.</returns>
    public MemberRoles RolesOf(MemberId id)
    {
        for (var i = 0; i < _members.Length; i++)
        {
            if (_members[i].Id == id)
            {
                return _members[i].Roles;
            }
        }

        return MemberRoles.None;
    }

    /// <summary>Whether a member's vote counts, in either set.</summary>
    /// <param name="id">Who.</param>
    /// <returns>True where it votes.</returns>
    public bool IsVoter(MemberId id) => Has(RolesOf(id), MemberRoles.Voter | MemberRoles.OutgoingVoter);

    /// <summary>
    /// The joint configuration that leads from this one to another. Where no voter comes or goes it is the other one
    /// itself: the majorities are then the same before and after.
    /// </summary>
    /// <param name="target">Where to; not joint.</param>
    /// <returns>What to propose.</returns>
    public Configuration ToJoint(Configuration target)
    {
        Invariant.Check(!IsJoint);
        Invariant.Check(!target.IsJoint);
        if (HasSameVoters(target))
        {
            return target;
        }

        var members = new Member[target._members.Length + _members.Length];
        var count = 0;
        foreach (var member in target._members)
        {
            var wasVoter = Has(RolesOf(member.Id), MemberRoles.Voter);
            members[count++] = new Member(member.Id, member.Roles | (wasVoter ? MemberRoles.OutgoingVoter : 0));
        }

        foreach (var member in _members)
        {
            if (Has(member.Roles, MemberRoles.Voter) && target.RolesOf(member.Id) == MemberRoles.None)
            {
                members[count++] = new Member(member.Id, MemberRoles.OutgoingVoter);
            }
        }

        return Of(members.AsSpan(0, count));
    }

    /// <summary>
    /// Whether a change can be made to another configuration in one step: no number changes its incarnation while the
    /// old one still votes, and both sides fit.
    /// </summary>
    /// <param name="target">Where to.</param>
    /// <returns>True where <see cref="ToJoint"/> can be called.</returns>
    public bool CanChangeTo(Configuration target)
    {
        if (IsJoint || target.IsJoint || target.VoterCount == 0)
        {
            return false;
        }

        var count = target._members.Length;
        foreach (var member in _members)
        {
            if (!Has(member.Roles, MemberRoles.Voter) || target.RolesOf(member.Id) != MemberRoles.None)
            {
                continue;
            }

            count++;
            foreach (var other in target._members)
            {
                if (other.Id.Number == member.Id.Number)
                {
                    return false;
                }
            }
        }

        return count <= MembersMax;
    }

    /// <summary>What remains once the change is over.</summary>
    /// <returns>The configuration being entered.</returns>
    public Configuration LeaveJoint()
    {
        Invariant.Check(IsJoint);
        var members = new Member[_members.Length];
        var count = 0;
        foreach (var member in _members)
        {
            var roles = member.Roles & ~MemberRoles.OutgoingVoter;
            if (roles != MemberRoles.None)
            {
                members[count++] = new Member(member.Id, roles);
            }
        }

        return Of(members.AsSpan(0, count));
    }

    /// <summary>The same with one member in other roles; none takes it out.</summary>
    /// <param name="id">Who. Another incarnation of the same number goes.</param>
    /// <param name="roles">As what.</param>
    /// <returns>The other configuration.</returns>
    public Configuration With(MemberId id, MemberRoles roles)
    {
        var members = new Member[_members.Length + 1];
        var count = 0;
        foreach (var member in _members)
        {
            if (member.Id.Number != id.Number)
            {
                members[count++] = member;
            }
        }

        if (roles != MemberRoles.None)
        {
            members[count++] = new Member(id, roles);
        }

        return Of(members.AsSpan(0, count));
    }

    internal static bool Has(MemberRoles roles, MemberRoles any) => (roles & any) != 0;

    private static bool AreMembers(ReadOnlySpan<Member> members)
    {
        if (members.Length > MembersMax)
        {
            return false;
        }

        uint last = 0;
        foreach (var member in members)
        {
            if (member.Id.Number <= last || member.Id.Incarnation == 0 || !AreRoles(member.Roles))
            {
                return false;
            }

            last = member.Id.Number;
        }

        return true;
    }

    private static bool AreRoles(MemberRoles roles) => roles is MemberRoles.Voter
        or (MemberRoles.Voter | MemberRoles.OutgoingVoter)
        or MemberRoles.OutgoingVoter
        or (MemberRoles.OutgoingVoter | MemberRoles.Learner)
        or MemberRoles.Learner
        or (MemberRoles.Learner | MemberRoles.Promotable);

    private bool HasSameVoters(Configuration other)
    {
        if (other.VoterCount != VoterCount)
        {
            return false;
        }

        foreach (var member in _members)
        {
            if (Has(member.Roles, MemberRoles.Voter) && !Has(other.RolesOf(member.Id), MemberRoles.Voter))
            {
                return false;
            }
        }

        return true;
    }
}
