using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Trading;

/// <summary>API keys, users, codes, and the two people that an adjustment takes.</summary>
public sealed class AdministrationTests
{
    private const ulong ApiKey = 0xABCDEF;

    private readonly Venue _venue = new();

    [Fact]
    public void An_api_key_is_made_once_and_revoked_once_for_ever()
    {
        Assert.Equal(ApiKey, _venue.Accept(StaffCommands.CreateApiKey(Venue.Alice, ApiKey)).Id);
        _venue.Refuse(RejectCode.AlreadyExists, StaffCommands.CreateApiKey(Venue.Alice, ApiKey));
        _venue.Refuse(RejectCode.AlreadyExists, StaffCommands.CreateApiKey(Venue.Bob, ApiKey));
        _venue.Refuse(RejectCode.UnknownTarget, StaffCommands.RevokeApiKey(Venue.Bob, ApiKey));
        _venue.Accept(StaffCommands.RevokeApiKey(Venue.Alice, ApiKey));
        _venue.Refuse(RejectCode.UnknownTarget, StaffCommands.RevokeApiKey(Venue.Alice, ApiKey));
        _venue.Refuse(RejectCode.AlreadyExists, StaffCommands.CreateApiKey(Venue.Alice, ApiKey));
        var slot = _venue.State.FindApiKey(ApiKey);
        ref var key = ref _venue.State.ApiKeys.At(slot);
        Assert.Equal((Venue.Alice.Value, 1u), (key.Account, key.Revoked));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void An_account_has_32_api_keys_and_a_revoked_one_makes_room()
    {
        for (var key = 1u; key <= CreateApiKey.KeysPerAccountMax; key++)
        {
            _venue.Accept(StaffCommands.CreateApiKey(Venue.Alice, key));
        }

        _venue.Refuse(RejectCode.CapacityExhausted, StaffCommands.CreateApiKey(Venue.Alice, 100));
        _venue.Accept(StaffCommands.CreateApiKey(Venue.Bob, 100));
        _venue.Accept(StaffCommands.RevokeApiKey(Venue.Alice, 5));
        _venue.Accept(StaffCommands.CreateApiKey(Venue.Alice, 101));
    }

    [Theory]
    [InlineData(0, 3, 0, RejectCode.InvalidValue)]
    [InlineData(1, 0, 0, RejectCode.InvalidValue)]
    [InlineData(1, 4, 0, RejectCode.InvalidValue)]
    [InlineData(1, 7, 0, RejectCode.InvalidValue)]
    [InlineData(1, 1, -1, RejectCode.InvalidValue)]
    [InlineData(1, 1, 0, RejectCode.None)]
    [InlineData(1, 2, long.MaxValue, RejectCode.None)]
    public void An_api_key_has_a_number_and_defined_permissions(
        ulong key, uint rights, long expiry, RejectCode expected) =>
        Assert.Equal(expected, _venue.Do(StaffCommands.CreateApiKey(Venue.Alice, key, rights, expiry)).Code);

    [Fact]
    [Trait("Covers", "H-41")]
    public void Who_proposed_an_adjustment_neither_approves_nor_declines_it()
    {
        var proposer = _venue.AddUser(Roles.Treasurer | Roles.Approver);
        var approver = _venue.AddUser(Roles.Approver);
        var proposal = Propose(50, proposer);
        _venue.Refuse(RejectCode.SeparationOfDuties, Decide(proposal, true, proposer));
        _venue.Refuse(RejectCode.SeparationOfDuties, Decide(proposal, false, proposer));
        Assert.Equal(1, _venue.State.ProposalSlots.Count);

        var before = _venue.Available(Venue.Alice, Venue.Cash);
        _venue.Accept(Decide(proposal, true, approver));
        Assert.Equal(before + 50, _venue.Available(Venue.Alice, Venue.Cash));
        ref readonly var adjusted = ref _venue.Single(EventKind.Adjusted).As<BalanceChanged>();
        Assert.Equal((proposer, approver), (adjusted.User, adjusted.Approver));
        _venue.Refuse(RejectCode.UnknownTarget, Decide(proposal, true, approver));
    }

    [Fact]
    public void A_declined_adjustment_moves_nothing_and_is_gone()
    {
        var approver = _venue.AddUser(Roles.Approver);
        var proposal = Propose(50, UserId.Root);
        var before = _venue.Available(Venue.Alice, Venue.Cash);
        _venue.Accept(Decide(proposal, false, approver));
        Assert.Equal(before, _venue.Available(Venue.Alice, Venue.Cash));
        _venue.Refuse(RejectCode.UnknownTarget, Decide(proposal, true, approver));
    }

    [Fact]
    [Trait("Covers", "H-15")]
    public void A_downward_adjustment_beyond_what_is_available_is_refused_and_stays_proposed()
    {
        var approver = _venue.AddUser(Roles.Approver);
        var available = _venue.Available(Venue.Alice, Venue.Cash);
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        var proposal = Propose(-available, UserId.Root);
        _venue.Refuse(RejectCode.InsufficientFunds, Decide(proposal, true, approver));
        ref readonly var rejected = ref _venue.Single(EventKind.CommandRejected).As<CommandRejected>();
        Assert.Equal((available, available - 90), (rejected.Actual, rejected.Limit));
        _venue.Accept(Commands.Cancel(Venue.Alice, Venue.Market, order));
        _venue.Accept(Decide(proposal, true, approver));
        Assert.Equal(0, _venue.Available(Venue.Alice, Venue.Cash));
    }

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_most_256_adjustments_wait_for_a_decision()
    {
        var approver = _venue.AddUser(Roles.Approver);
        var first = Propose(1, UserId.Root);
        for (var i = 1; i < ProposeAdjustment.PendingMax; i++)
        {
            Propose(1, UserId.Root);
        }

        _venue.Refuse(RejectCode.CapacityExhausted, StaffCommands.ProposeAdjustment(Venue.Alice, Venue.Cash, 1));
        _venue.Accept(Decide(first, true, approver));
        Propose(1, UserId.Root);
    }

    [Fact]
    public void The_root_user_keeps_every_role_and_can_always_act()
    {
        _venue.Refuse(RejectCode.SeparationOfDuties, StaffCommands.SetUser(UserId.Root, Roles.All, enabled: false));
        _venue.Refuse(RejectCode.SeparationOfDuties, StaffCommands.SetUser(UserId.Root, Roles.All & ~Roles.Service));
        _venue.Accept(StaffCommands.SetUser(UserId.Root, Roles.All));
    }

    [Fact]
    public void A_user_that_is_disabled_or_lacks_the_role_cannot_act()
    {
        var user = _venue.AddUser(Roles.Treasurer);
        _venue.Accept(StaffCommands.Deposit(Venue.Alice, Venue.Cash, 1).By(user));
        _venue.Refuse(RejectCode.NotAuthorized, StaffCommands.CreateAsset("NEW", 0).By(user));
        _venue.Accept(StaffCommands.SetUser(user, Roles.Treasurer, enabled: false));
        _venue.Refuse(RejectCode.UnknownUser, StaffCommands.Deposit(Venue.Alice, Venue.Cash, 1).By(user));
        _venue.Accept(StaffCommands.SetUser(user, Roles.None));
        _venue.Refuse(RejectCode.NotAuthorized, StaffCommands.Deposit(Venue.Alice, Venue.Cash, 1).By(user));
    }

    [Fact]
    [Trait("Covers", "H-13")]
    public void Only_the_owner_of_an_account_acts_on_it()
    {
        var stranger = _venue.AddUser(Roles.Trader);
        var order = _venue.Rest(Venue.Alice, Side.Buy, 90, 1);
        _venue.Refuse(RejectCode.NotOwner, Commands.Cancel(Venue.Alice, Venue.Market, order).By(stranger));
        _venue.Refuse(RejectCode.NotOwner, Commands.CancelAll(Venue.Alice).By(stranger));
        _venue.Refuse(
            RejectCode.NotOwner, Commands.Limit(Venue.Alice, Venue.Market, Side.Buy, 90, 1).By(stranger));
        Assert.True(_venue.IsOpen(order));
    }

    [Theory]
    [Trait("Covers", "H-45")]
    [InlineData("BTC-KRW", RejectCode.None)]
    [InlineData("A-1", RejectCode.None)]
    [InlineData("ABCDEFGH-1234567", RejectCode.None)]
    [InlineData("COIN-CASH", RejectCode.AlreadyExists)]
    [InlineData("btc-krw", RejectCode.InvalidValue)]
    [InlineData("BTC-KRw", RejectCode.InvalidValue)]
    [InlineData("BTCKRW", RejectCode.InvalidValue)]
    [InlineData("-KRW", RejectCode.InvalidValue)]
    [InlineData("BTC-", RejectCode.InvalidValue)]
    [InlineData("B-T-C", RejectCode.InvalidValue)]
    [InlineData("BTC KRW", RejectCode.InvalidValue)]
    [InlineData("BTC-\0KRW", RejectCode.InvalidValue)]
    [InlineData("", RejectCode.InvalidValue)]
    public void A_symbol_is_upper_case_with_one_hyphen_inside(string symbol, RejectCode expected) => Assert.Equal(
        expected, _venue.Do(StaffCommands.CreateInstrument(symbol, Venue.Cash, Venue.Coin)).Code);

    [Theory]
    [InlineData("A", 0, RejectCode.None)]
    [InlineData("ABCDEF12", 18, RejectCode.None)]
    [InlineData("COIN", 0, RejectCode.AlreadyExists)]
    [InlineData("ABC", 19, RejectCode.InvalidValue)]
    [InlineData("abc", 0, RejectCode.InvalidValue)]
    [InlineData("A-B", 0, RejectCode.InvalidValue)]
    [InlineData("A\0B", 0, RejectCode.InvalidValue)]
    [InlineData("", 0, RejectCode.InvalidValue)]
    public void An_asset_code_is_upper_case(string code, byte scale, RejectCode expected) =>
        Assert.Equal(expected, _venue.Do(StaffCommands.CreateAsset(code, scale)).Code);

    [Fact]
    [Trait("Covers", "H-16")]
    public void At_most_1024_assets_exist()
    {
        for (var i = 3; i <= 1_024; i++)
        {
            _venue.Accept(StaffCommands.CreateAsset($"A{i}", 0));
        }

        _venue.Refuse(RejectCode.CapacityExhausted, StaffCommands.CreateAsset("ONEMORE", 0));
    }

    [Theory]
    [InlineData(-500, 500, RejectCode.None)]
    [InlineData(-501, 500, RejectCode.InvalidValue)]
    [InlineData(-100_001, 100_000, RejectCode.InvalidValue)]
    [InlineData(100_001, 0, RejectCode.InvalidValue)]
    [InlineData(0, -1, RejectCode.InvalidValue)]
    [InlineData(0, 100_001, RejectCode.InvalidValue)]
    [InlineData(100_000, 100_000, RejectCode.None)]
    public void No_rebate_exceeds_a_taker_rate_of_its_schedule(int maker, int taker, RejectCode expected)
    {
        for (var tier = 1u; tier <= OpenAccount.TierMax; tier++)
        {
            _venue.Accept(StaffCommands.SetFees(schedule: 3, tier, maker: 0, taker: 100_000));
        }

        Assert.Equal(expected, _venue.Do(StaffCommands.SetFees(schedule: 3, tier: 0, maker, taker)).Code);
    }

    private uint Propose(Int128 amount, UserId user) =>
        (uint)_venue.Accept(StaffCommands.ProposeAdjustment(Venue.Alice, Venue.Cash, amount).By(user)).Id;

    private static Command Decide(uint proposal, bool approve, UserId user) =>
        StaffCommands.DecideAdjustment(proposal, approve).By(user);
}
