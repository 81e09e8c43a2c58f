using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>The state before the first entry.</summary>
internal static class Genesis
{
    public static void Fill(ExchangeState state)
    {
        state.GlobalsTable.Reserve(0);
        state.GlobalsTable.Write(0) = new Globals
        {
            Policy = DefaultPolicy.Global,
            BehaviourVersion = 1,
            Users = 1,
            Accounts = 1,
        };

        // Number 0 of each numbered table stands for none; account 0 counts the keys used without an account.
        state.Users.Reserve(1);
        state.Users.Write(1) = new User { Exists = 1, Enabled = 1, Roles = Roles.All };
        state.Accounts.Reserve(1);
        state.Accounts.Write(0) = new Account { Exists = 1 };
        state.Accounts.Write(1) = new Account { Exists = 1, Owner = UserId.Root.Value };
        state.RefreshPolicyHashes(instrument: 0);
    }
}
