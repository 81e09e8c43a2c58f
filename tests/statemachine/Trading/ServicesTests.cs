using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>Drains with their fencing tokens, and the behaviour version.</summary>
public sealed class ServicesTests
{
    private readonly Venue _venue = new();

    [Fact]
    public void A_claim_gives_the_log_index_as_token_and_starts_at_the_first_entry()
    {
        var claim = _venue.Accept(ServiceCommands.ClaimDrain(7));
        Assert.Equal((_venue.Index, _venue.Index), (claim.Id, claim.Index));
        Assert.Equal(RejectCode.CursorOutOfRange, Advance(claim.Id, 0).Code);
        Assert.Equal(RejectCode.None, Advance(claim.Id, 1).Code);
    }

    [Fact]
    public void Only_the_last_claims_token_advances_and_the_cursor_stays()
    {
        var first = _venue.Accept(ServiceCommands.ClaimDrain(7)).Id;
        Assert.Equal(RejectCode.None, Advance(first, 5).Code);
        var second = _venue.Accept(ServiceCommands.ClaimDrain(7)).Id;
        Assert.Equal(RejectCode.FencingToken, Advance(first, 6).Code);
        Assert.Equal(RejectCode.FencingToken, Advance(second + 1, 6).Code);
        Assert.Equal(RejectCode.CursorOutOfRange, Advance(second, 4).Code);
        Assert.Equal(RejectCode.None, Advance(second, 5).Code);
        Assert.Equal(RejectCode.None, Advance(second, 6).Code);
    }

    [Fact]
    public void A_cursor_goes_up_to_the_present_entry()
    {
        var token = _venue.Accept(ServiceCommands.ClaimDrain(7)).Id;
        Assert.Equal(RejectCode.CursorOutOfRange, Advance(token, _venue.Index + 2).Code);
        Assert.Equal(RejectCode.None, Advance(token, _venue.Index + 1).Code);
        Assert.Equal(RejectCode.CursorOutOfRange, Advance(token, ulong.MaxValue).Code);
    }

    [Fact]
    public void A_drain_that_was_dropped_is_unknown_and_starts_anew_when_claimed()
    {
        var token = _venue.Accept(ServiceCommands.ClaimDrain(7)).Id;
        Advance(token, 9);
        _venue.Accept(ServiceCommands.DropDrain(7));
        Assert.Equal(RejectCode.UnknownTarget, Advance(token, 9).Code);
        _venue.Refuse(RejectCode.UnknownTarget, ServiceCommands.DropDrain(7));
        token = _venue.Accept(ServiceCommands.ClaimDrain(7)).Id;
        Assert.Equal(RejectCode.None, Advance(token, 1).Code);
        _venue.Refuse(RejectCode.InvalidValue, ServiceCommands.ClaimDrain(0));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_most_64_drains_are_registered()
    {
        for (var drain = 1u; drain <= ClaimDrain.DrainsMax; drain++)
        {
            _venue.Accept(ServiceCommands.ClaimDrain(drain));
        }

        _venue.Refuse(RejectCode.CapacityExhausted, ServiceCommands.ClaimDrain(65));
        _venue.Accept(ServiceCommands.ClaimDrain(64));
        _venue.Accept(ServiceCommands.DropDrain(10));
        _venue.Accept(ServiceCommands.ClaimDrain(65));
    }

    [Fact]
    public void The_version_is_raised_only_when_a_voter_is_announced_and_every_voter_can_apply_it()
    {
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(2));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(1, versionMax: 2, voter: false));
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(2));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(2, versionMax: 2, voter: true));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(3, versionMax: 1, voter: true));
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(2));
        Assert.Equal(1u, _venue.State.Globals.BehaviourVersion);
    }

    [Fact]
    public void A_voter_by_configuration_that_announced_nothing_keeps_the_version_where_it_is()
    {
        _venue.Accept(ServiceCommands.AnnounceBehaviour(1, versionMax: 2, voter: true));
        _venue.Configure(Voter(1), Voter(2));
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(2));

        // Its own word that it does not vote does not count.
        _venue.Accept(ServiceCommands.AnnounceBehaviour(2, versionMax: 1, voter: false));
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(2));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(2, versionMax: 2, voter: false));
        _venue.Configure(Voter(1), Voter(2), new ConfiguredMember { Number = 3, Incarnation = 1, Roles = 2 });
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(2));
        _venue.Configure(Voter(1), Voter(2), new ConfiguredMember { Number = 3, Incarnation = 1, Roles = 4 });
        Assert.Throws<InvariantViolationException>(() => _venue.Do(ServiceCommands.RaiseBehaviour(2)));
    }

    [Fact]
    public void Another_incarnation_of_a_voter_must_announce_itself()
    {
        _venue.Configure(Voter(1), Voter(2));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(1, versionMax: 2, voter: true));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(2, versionMax: 2, voter: true));
        _venue.Configure(Voter(1), Voter(2, incarnation: 2));
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(2));
        _venue.Configure();
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(2));
    }

    [Fact]
    public void A_snapshot_of_a_version_that_the_build_does_not_know_stops_it()
    {
        _venue.State.GlobalsTable.Write(0).BehaviourVersion = 2;
        _venue.Pass(1);
        var parts = SnapshotImage.Split(SnapshotImage.Read(_venue.Machine.BeginSnapshot(SnapshotScope.All)));
        var restored = new ExchangeMachine();
        Assert.Throws<InvariantViolationException>(
            () => SnapshotImage.TryRestore(restored, parts, _venue.Machine.StateHash));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(uint.MaxValue)]
    public void Only_the_next_version_can_be_raised_to(uint version)
    {
        _venue.Accept(ServiceCommands.AnnounceBehaviour(1, uint.MaxValue, voter: true));
        _venue.Refuse(RejectCode.BehaviourUnsupported, ServiceCommands.RaiseBehaviour(version));
    }

    [Fact]
    public void A_build_stops_rather_than_go_on_under_rules_it_does_not_know()
    {
        _venue.Accept(ServiceCommands.AnnounceBehaviour(1, versionMax: 2, voter: true));
        Assert.Throws<InvariantViolationException>(() => _venue.Do(ServiceCommands.RaiseBehaviour(2)));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_most_16_members_are_announced_and_a_forgotten_one_makes_room()
    {
        for (var member = 1u; member <= AnnounceBehaviour.MembersMax; member++)
        {
            _venue.Accept(ServiceCommands.AnnounceBehaviour(member, 1, voter: true));
        }

        _venue.Refuse(RejectCode.CapacityExhausted, ServiceCommands.AnnounceBehaviour(17, 1, voter: true));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(16, 2, voter: false));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(16, 0, voter: false));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(16, 0, voter: false));
        _venue.Accept(ServiceCommands.AnnounceBehaviour(17, 1, voter: true));
        _venue.Refuse(RejectCode.InvalidValue, ServiceCommands.AnnounceBehaviour(0, 1, voter: true));
    }

    private CommandResult Advance(ulong token, ulong position) =>
        _venue.Do(ServiceCommands.AdvanceDrain(7, token, position));

    private static ConfiguredMember Voter(uint number, uint incarnation = 1) =>
        new() { Number = number, Incarnation = incarnation, Roles = 1 };
}
