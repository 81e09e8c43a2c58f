using System.Runtime.CompilerServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>Whether a command names an account or instrument in its header.</summary>
public enum Scope : byte
{
    /// <summary>Must be zero.</summary>
    None = 0,

    /// <summary>May be zero.</summary>
    Optional = 1,

    /// <summary>Must name one that exists.</summary>
    Required = 2,
}

/// <summary>What the core demands of one kind of command before it looks at its content.</summary>
/// <param name="Size">Exact bytes of the command.</param>
/// <param name="Role">
/// The role the user needs. <see cref="Roles.Trader"/> also demands that the user owns the account.
/// </param>
/// <param name="Account">Whether the header names an account.</param>
/// <param name="Instrument">Whether the header names an instrument.</param>
/// <param name="NeedsIdentity">Whether it must come in a session or with a key.</param>
public readonly record struct CommandRule(int Size, Roles Role, Scope Account, Scope Instrument, bool NeedsIdentity);

/// <summary>The table of <see cref="CommandRule"/>s; the core and the published documents read the same one.</summary>
public static class CommandRules
{
    /// <summary>Bytes of the largest command.</summary>
    public const int SizeMax = 208;

    private static readonly CommandRule[] _rules = Build();

    /// <summary>The kinds that exist, in order of number.</summary>
    public static ReadOnlySpan<CommandKind> Kinds => _kinds;

    private static readonly CommandKind[] _kinds = KindsOf(_rules);

    /// <summary>The rule of a kind.</summary>
    /// <param name="kind">The kind; any byte.</param>
    /// <returns>The rule; its size is zero where there is no such kind.</returns>
    public static ref readonly CommandRule Of(CommandKind kind) => ref _rules[(int)kind];

    private static CommandRule[] Build()
    {
        var rules = new CommandRule[256];
        void Add<T>(CommandKind kind, Roles role, Scope account, Scope instrument, bool needsIdentity = true)
            where T : unmanaged =>
            rules[(int)kind] = new CommandRule(Unsafe.SizeOf<T>(), role, account, instrument, needsIdentity);

        Add<PlaceOrder>(CommandKind.PlaceOrder, Roles.Trader, Scope.Required, Scope.Required);
        Add<PlaceOrder>(CommandKind.TestOrder, Roles.Trader, Scope.Required, Scope.Required, needsIdentity: false);
        Add<CancelOrder>(CommandKind.CancelOrder, Roles.Trader, Scope.Required, Scope.Required);
        Add<AmendOrder>(CommandKind.AmendOrder, Roles.Trader, Scope.Required, Scope.Required);
        Add<ReplaceOrder>(CommandKind.ReplaceOrder, Roles.Trader, Scope.Required, Scope.Required);
        Add<CancelAll>(CommandKind.CancelAll, Roles.Trader, Scope.Optional, Scope.Optional);
        Add<SetDeadManSwitch>(CommandKind.SetDeadManSwitch, Roles.Trader, Scope.Required, Scope.None);
        Add<OpenSession>(CommandKind.OpenSession, Roles.Trader, Scope.Required, Scope.None);
        Add<CloseSession>(CommandKind.CloseSession, Roles.Trader, Scope.Required, Scope.None);
        Add<SetSessionConnection>(CommandKind.SetSessionConnection, Roles.Service, Scope.None, Scope.None, false);
        Add<FenceCommand>(CommandKind.FenceCommand, Roles.Service, Scope.Optional, Scope.Optional, false);

        Add<CreateAsset>(CommandKind.CreateAsset, Roles.Administrator, Scope.None, Scope.None);
        Add<CreateInstrument>(CommandKind.CreateInstrument, Roles.Administrator, Scope.None, Scope.None);
        Add<SetInstrumentPolicy>(CommandKind.SetInstrumentPolicy, Roles.RiskOfficer, Scope.None, Scope.Required);
        Add<SetGlobalPolicy>(CommandKind.SetGlobalPolicy, Roles.RiskOfficer, Scope.None, Scope.None);
        Add<SetFeeSchedule>(CommandKind.SetFeeSchedule, Roles.RiskOfficer, Scope.None, Scope.None);
        Add<SetSymbolMode>(CommandKind.SetSymbolMode, Roles.Operator, Scope.None, Scope.Required);
        Add<SetReferencePrice>(CommandKind.SetReferencePrice, Roles.Operator, Scope.None, Scope.Required);
        Add<SetWithdrawalHalt>(CommandKind.SetWithdrawalHalt, Roles.RiskOfficer, Scope.None, Scope.None);

        Add<OpenAccount>(CommandKind.OpenAccount, Roles.Administrator, Scope.None, Scope.None);
        Add<SetAccount>(CommandKind.SetAccount, Roles.RiskOfficer, Scope.Required, Scope.None);
        Add<Deposit>(CommandKind.Deposit, Roles.Treasurer, Scope.Required, Scope.None);
        Add<Withdraw>(CommandKind.Withdraw, Roles.Treasurer, Scope.Required, Scope.None);
        Add<ProposeAdjustment>(CommandKind.ProposeAdjustment, Roles.Treasurer, Scope.Required, Scope.None);
        Add<DecideAdjustment>(CommandKind.DecideAdjustment, Roles.Approver, Scope.None, Scope.None);

        Add<CreateUser>(CommandKind.CreateUser, Roles.Administrator, Scope.None, Scope.None);
        Add<SetUser>(CommandKind.SetUser, Roles.Administrator, Scope.None, Scope.None);
        Add<CreateApiKey>(CommandKind.CreateApiKey, Roles.Administrator, Scope.Required, Scope.None);
        Add<RevokeApiKey>(CommandKind.RevokeApiKey, Roles.Administrator, Scope.Required, Scope.None);

        Add<ClaimDrain>(CommandKind.ClaimDrain, Roles.Service, Scope.None, Scope.None);
        Add<AdvanceDrain>(CommandKind.AdvanceDrain, Roles.Service, Scope.None, Scope.None, needsIdentity: false);
        Add<DropDrain>(CommandKind.DropDrain, Roles.Service, Scope.None, Scope.None);
        Add<AnnounceBehaviour>(CommandKind.AnnounceBehaviour, Roles.Service, Scope.None, Scope.None, false);
        Add<RaiseBehaviour>(CommandKind.RaiseBehaviour, Roles.Administrator, Scope.None, Scope.None);
        return rules;
    }

    private static CommandKind[] KindsOf(CommandRule[] rules)
    {
        var kinds = new CommandKind[rules.Length];
        var count = 0;
        for (var kind = 0; kind < rules.Length; kind++)
        {
            if (rules[kind].Size != 0)
            {
                kinds[count++] = (CommandKind)kind;
            }
        }

        return kinds[..count];
    }
}
