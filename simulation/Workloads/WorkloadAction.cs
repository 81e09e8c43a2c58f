namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>What a step does.</summary>
internal enum WorkloadAction
{
    Place,
    Test,
    Cancel,
    Amend,
    Replace,
    CancelAll,
    Burst,
    DeadMan,
    OpenSession,
    CloseSession,
    Connection,
    Repeat,
    OtherNumber,
    Fence,
    Malformed,
    BrokenPayload,
    Idle,
    NewTerm,
    SetInstrumentPolicy,
    SetGlobalPolicy,
    SetFees,
    SetMode,
    SetReference,
    HaltWithdrawals,
    Deposit,
    Withdraw,
    Propose,
    Decide,
    SetAccount,
    OpenAccount,
    CreateUser,
    SetUser,
    CreateApiKey,
    RevokeApiKey,
    CreateAsset,
    CreateInstrument,
    ClaimDrain,
    AdvanceDrain,
    DropDrain,
    AnnounceBehaviour,
    RaiseBehaviour,
}

/// <summary>How often each action is taken.</summary>
internal static class WorkloadActions
{
    private static readonly (WorkloadAction Action, int Weight)[] _weights =
    [
        (WorkloadAction.Place, 400),
        (WorkloadAction.Test, 25),
        (WorkloadAction.Cancel, 80),
        (WorkloadAction.Amend, 50),
        (WorkloadAction.Replace, 70),
        (WorkloadAction.CancelAll, 14),
        (WorkloadAction.Burst, 1),
        (WorkloadAction.DeadMan, 10),
        (WorkloadAction.OpenSession, 8),
        (WorkloadAction.CloseSession, 3),
        (WorkloadAction.Connection, 8),
        (WorkloadAction.Repeat, 30),
        (WorkloadAction.OtherNumber, 15),
        (WorkloadAction.Fence, 15),
        (WorkloadAction.Malformed, 9),
        (WorkloadAction.BrokenPayload, 4),
        (WorkloadAction.Idle, 14),
        (WorkloadAction.NewTerm, 4),
        (WorkloadAction.SetInstrumentPolicy, 18),
        (WorkloadAction.SetGlobalPolicy, 16),
        (WorkloadAction.SetFees, 8),
        (WorkloadAction.SetMode, 45),
        (WorkloadAction.SetReference, 8),
        (WorkloadAction.HaltWithdrawals, 4),
        (WorkloadAction.Deposit, 16),
        (WorkloadAction.Withdraw, 12),
        (WorkloadAction.Propose, 7),
        (WorkloadAction.Decide, 8),
        (WorkloadAction.SetAccount, 12),
        (WorkloadAction.OpenAccount, 2),
        (WorkloadAction.CreateUser, 2),
        (WorkloadAction.SetUser, 4),
        (WorkloadAction.CreateApiKey, 6),
        (WorkloadAction.RevokeApiKey, 4),
        (WorkloadAction.CreateAsset, 3),
        (WorkloadAction.CreateInstrument, 3),
        (WorkloadAction.ClaimDrain, 6),
        (WorkloadAction.AdvanceDrain, 8),
        (WorkloadAction.DropDrain, 2),
        (WorkloadAction.AnnounceBehaviour, 8),
        (WorkloadAction.RaiseBehaviour, 4),
    ];

    private static readonly WorkloadAction[] _byNumber =
        [.. _weights.SelectMany(weight => Enumerable.Repeat(weight.Action, weight.Weight))];

    /// <summary>The action that a step's number stands for; zero places an order.</summary>
    public static WorkloadAction Of(int number) => _byNumber[number % _byNumber.Length];

    /// <summary>The lowest number that stands for the same action.</summary>
    public static int FirstNumberOf(int number) => Array.IndexOf(_byNumber, Of(number));
}
