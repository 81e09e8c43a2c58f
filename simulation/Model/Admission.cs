using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Form, user, account and role of a command: the codes below 21.</summary>
internal sealed class Admission(ModelState state, ModelEvents events)
{
    public RejectCode Refusal(Command command)
    {
        var refusals = new Refusals();
        refusals.Add(RejectCode.Malformed, command.Rule.Size == 0 || command.Header.Length != command.Rule.Size);
        if (refusals.Any)
        {
            return refusals.Lowest.Code;
        }

        refusals.Add(RejectCode.UnsupportedVersion, command.Header.Version != CommandHeader.CurrentVersion);
        refusals.Add(RejectCode.NotCanonical, !Canonical.Is(command));
        refusals.Add(RejectCode.EntryFull, events.IsEntryFull);
        AddAuthority(refusals, command);
        refusals.Add(
            RejectCode.IdentityRequired,
            command.Rule.NeedsIdentity && command.Header.Dedup == DedupMode.None);
        return refusals.Any ? refusals.Lowest.Code : RejectCode.None;
    }

    private void AddAuthority(Refusals refusals, Command command)
    {
        var user = state.Users.GetValueOrDefault(command.Header.User.Value);
        refusals.Add(RejectCode.UnknownUser, user is null || !user.Enabled);
        if (user is null)
        {
            return;
        }

        var account = state.Accounts.GetValueOrDefault(command.Header.Account.Value);
        refusals.Add(RejectCode.NotAuthorized, !MayAct(user, command));
        refusals.Add(RejectCode.UnknownAccount, !AccountFits(command, account));
        refusals.Add(
            RejectCode.NotOwner,
            account is not null && MustOwn(user, command) && account.Owner != user.Id);
    }

    private static bool MayAct(ModelUser user, Command command)
    {
        var namesAccount = command.Header.Account.Value != 0;
        return command.Kind switch
        {
            CommandKind.CancelAll => Has(user, namesAccount ? Roles.Trader : Roles.Operator),
            CommandKind.FenceCommand => Has(user, Roles.Service)
                || (namesAccount && Has(user, Roles.Trader) && FencesTrader(command)),
            _ => Has(user, command.Rule.Role),
        };
    }

    private static bool AccountFits(Command command, ModelAccount? account) => command.Rule.Account switch
    {
        Scope.None => command.Header.Account.Value == 0,
        Scope.Optional => command.Header.Account.Value == 0 || account is not null,
        _ => account is not null,
    };

    private static bool MustOwn(ModelUser user, Command command) => command.Kind switch
    {
        CommandKind.FenceCommand => !Has(user, Roles.Service),
        _ => command.Rule.Role == Roles.Trader,
    };

    private static bool FencesTrader(Command command) =>
        CommandRules.Of(command.As<FenceCommand>().TargetKind).Role == Roles.Trader;

    private static bool Has(ModelUser user, Roles role) => (user.Roles & role) != 0;
}
