namespace Exchange.Rsm.Contracts.Trading;

/// <summary>The commands. Numbers are frozen: they stand in logs.</summary>
public enum CommandKind : byte
{
    /// <summary>Not a command.</summary>
    None = 0,

    /// <summary>Enters an order (<see cref="Trading.PlaceOrder"/>).</summary>
    PlaceOrder = 1,

    /// <summary>Answers as <see cref="PlaceOrder"/> would, up to matching, and changes nothing.</summary>
    TestOrder = 2,

    /// <summary>Cancels one order (<see cref="Trading.CancelOrder"/>).</summary>
    CancelOrder = 3,

    /// <summary>Lowers an order's quantity and keeps its priority (<see cref="Trading.AmendOrder"/>).</summary>
    AmendOrder = 4,

    /// <summary>Atomic cancel-replace (<see cref="Trading.ReplaceOrder"/>).</summary>
    ReplaceOrder = 5,

    /// <summary>Cancels all orders of an account, an instrument, or both (<see cref="Trading.CancelAll"/>).</summary>
    CancelAll = 6,

    /// <summary>Arms, re-arms or disarms the dead-man switch (<see cref="Trading.SetDeadManSwitch"/>).</summary>
    SetDeadManSwitch = 7,

    /// <summary>Opens a session for the account (<see cref="Trading.OpenSession"/>).</summary>
    OpenSession = 8,

    /// <summary>Closes a session (<see cref="Trading.CloseSession"/>).</summary>
    CloseSession = 9,

    /// <summary>Reports a session connected or disconnected (<see cref="Trading.SetSessionConnection"/>).</summary>
    SetSessionConnection = 10,

    /// <summary>Commits that a command id never entered (<see cref="Trading.FenceCommand"/>).</summary>
    FenceCommand = 11,

    /// <summary>Creates an asset (<see cref="Trading.CreateAsset"/>).</summary>
    CreateAsset = 20,

    /// <summary>Creates an instrument (<see cref="Trading.CreateInstrument"/>).</summary>
    CreateInstrument = 21,

    /// <summary>Replaces an instrument's policy (<see cref="Trading.SetInstrumentPolicy"/>).</summary>
    SetInstrumentPolicy = 22,

    /// <summary>Replaces the global policy (<see cref="Trading.SetGlobalPolicy"/>).</summary>
    SetGlobalPolicy = 23,

    /// <summary>Sets one tier of a fee schedule (<see cref="Trading.SetFeeSchedule"/>).</summary>
    SetFeeSchedule = 24,

    /// <summary>Changes an instrument's mode (<see cref="Trading.SetSymbolMode"/>).</summary>
    SetSymbolMode = 25,

    /// <summary>Sets an instrument's reference price (<see cref="Trading.SetReferencePrice"/>).</summary>
    SetReferencePrice = 26,

    /// <summary>Stops or allows all withdrawals (<see cref="Trading.SetWithdrawalHalt"/>).</summary>
    SetWithdrawalHalt = 27,

    /// <summary>Opens an account (<see cref="Trading.OpenAccount"/>).</summary>
    OpenAccount = 30,

    /// <summary>Sets an account's freeze, group and tier (<see cref="Trading.SetAccount"/>).</summary>
    SetAccount = 31,

    /// <summary>Credits an account against the deposits counter-account (<see cref="Trading.Deposit"/>).</summary>
    Deposit = 32,

    /// <summary>Debits an account against the withdrawals counter-account (<see cref="Trading.Withdraw"/>).</summary>
    Withdraw = 33,

    /// <summary>Proposes a correction of a balance (<see cref="Trading.ProposeAdjustment"/>).</summary>
    ProposeAdjustment = 34,

    /// <summary>Approves or declines another user's proposal (<see cref="Trading.DecideAdjustment"/>).</summary>
    DecideAdjustment = 35,

    /// <summary>Creates a user (<see cref="Trading.CreateUser"/>).</summary>
    CreateUser = 40,

    /// <summary>Sets a user's roles and whether it may act (<see cref="Trading.SetUser"/>).</summary>
    SetUser = 41,

    /// <summary>Creates an API key (<see cref="Trading.CreateApiKey"/>).</summary>
    CreateApiKey = 42,

    /// <summary>Revokes an API key (<see cref="Trading.RevokeApiKey"/>).</summary>
    RevokeApiKey = 43,

    /// <summary>Claims a drain; the log index is the fencing token (<see cref="Trading.ClaimDrain"/>).</summary>
    ClaimDrain = 50,

    /// <summary>Moves a drain's cursor forward (<see cref="Trading.AdvanceDrain"/>).</summary>
    AdvanceDrain = 51,

    /// <summary>Forgets a drain (<see cref="Trading.DropDrain"/>).</summary>
    DropDrain = 52,

    /// <summary>
    /// Tells which behaviour versions a member's build can apply (<see cref="Trading.AnnounceBehaviour"/>).
    /// </summary>
    AnnounceBehaviour = 60,

    /// <summary>Raises the replicated behaviour version (<see cref="Trading.RaiseBehaviour"/>).</summary>
    RaiseBehaviour = 61,
}
