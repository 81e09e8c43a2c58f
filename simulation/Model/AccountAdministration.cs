using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Accounts, users and API keys: kinds 30, 31 and 40 to 43.</summary>
internal sealed class AccountAdministration(ModelState state, ModelEvents events)
{
    private const AccountFreeze AllFreezes = AccountFreeze.Trading | AccountFreeze.Withdrawals;
    private const uint AllPermissions = 3;
    private const uint GroupMax = int.MaxValue;

    public Answer OpenAccount(Command command)
    {
        var open = command.As<OpenAccount>();
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, open.Tier > Contracts.Trading.OpenAccount.TierMax);
        refusals.Add(RejectCode.InvalidValue, open.Group > GroupMax);
        refusals.Add(RejectCode.UnknownTarget, !state.Users.ContainsKey(open.Owner.Value));
        refusals.Add(RejectCode.CapacityExhausted, state.Accounts.Count >= TableLimits.AccountsMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        var id = (uint)state.Accounts.Count + 1;
        state.Accounts.Add(id, new ModelAccount
        {
            Id = id,
            Owner = open.Owner.Value,
            Group = open.Group,
            Tier = open.Tier,
        });
        return events.Administered(command, id);
    }

    public Answer SetAccount(Command command)
    {
        var set = command.As<SetAccount>();
        var freeze = (AccountFreeze)set.Freeze;
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, set.Freeze > (uint)AllFreezes);
        refusals.Add(RejectCode.InvalidValue, set.Tier > Contracts.Trading.OpenAccount.TierMax);
        refusals.Add(RejectCode.InvalidValue, set.Group > GroupMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        var account = state.Accounts[command.Header.Account.Value];
        account.Freeze = freeze;
        account.Group = set.Group;
        account.Tier = set.Tier;
        return events.Administered(command, account.Id);
    }

    public Answer CreateUser(Command command)
    {
        var roles = command.As<CreateUser>().Roles;
        if (roles > (uint)Roles.All)
        {
            return new Answer { Code = RejectCode.InvalidValue };
        }

        if (state.Users.Count >= TableLimits.UsersMax)
        {
            return new Answer { Code = RejectCode.CapacityExhausted };
        }

        var id = (uint)state.Users.Count + 1;
        state.Users.Add(id, new ModelUser { Id = id, Roles = (Roles)roles });
        return events.Administered(command, id);
    }

    public Answer SetUser(Command command)
    {
        var set = command.As<SetUser>();
        var restrictsRoot = set.Target == UserId.Root && (set.Enabled == 0 || set.Roles != (uint)Roles.All);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, set.Roles > (uint)Roles.All);
        refusals.Add(RejectCode.UnknownTarget, !state.Users.ContainsKey(set.Target.Value));
        refusals.Add(RejectCode.SeparationOfDuties, restrictsRoot);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        var user = state.Users[set.Target.Value];
        user.Roles = (Roles)set.Roles;
        user.Enabled = set.Enabled == 1;
        return events.Administered(command, user.Id);
    }

    public Answer CreateApiKey(Command command)
    {
        var create = command.As<CreateApiKey>();
        var account = command.Header.Account.Value;
        var keys = state.ApiKeys.Values.Count(key => key.Account == account && !key.Revoked);
        var refusals = new Refusals();
        refusals.Add(RejectCode.InvalidValue, create.ApiKey == 0);
        refusals.Add(RejectCode.InvalidValue, create.Permissions is 0 or > AllPermissions);
        refusals.Add(RejectCode.InvalidValue, create.ExpiresAt < 0);
        refusals.Add(RejectCode.AlreadyExists, state.ApiKeys.ContainsKey(create.ApiKey));
        refusals.Add(RejectCode.CapacityExhausted, keys >= Contracts.Trading.CreateApiKey.KeysPerAccountMax);
        refusals.Add(RejectCode.CapacityExhausted, state.ApiKeys.Count >= TableLimits.ApiKeysMax);
        if (refusals.Any)
        {
            return Answer.Rejected(refusals.Lowest);
        }

        state.ApiKeys.Add(create.ApiKey, new ModelApiKey
        {
            ApiKey = create.ApiKey,
            SecretDigest0 = create.SecretDigest0,
            SecretDigest1 = create.SecretDigest1,
            Account = account,
            Permissions = create.Permissions,
            ExpiresAt = create.ExpiresAt,
        });
        return events.Administered(command, command.Subject());
    }

    public Answer RevokeApiKey(Command command)
    {
        var revoke = command.As<RevokeApiKey>();
        var key = state.ApiKeys.GetValueOrDefault(revoke.ApiKey);
        if (key is null || key.Revoked || key.Account != command.Header.Account.Value)
        {
            return new Answer { Code = RejectCode.UnknownTarget };
        }

        key.Revoked = true;
        return events.Administered(command, command.Subject());
    }
}
