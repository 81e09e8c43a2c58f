using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Scenarios;

/// <summary>
/// Gives the commands of a scenario their sender and identity: the account's owner or the member of staff whose role it
/// is, and a fresh key or the next number of the account's session, unless the line says otherwise.
/// </summary>
internal sealed class IdentityWords(ScenarioWorld world)
{
    private readonly SortedDictionary<uint, (SessionId Session, ulong Next)> _sessions = [];
    private ulong _keys = 1_000_000;

    /// <summary>Reads the lines about sessions and fences.</summary>
    public Command? Read(Words words, long now)
    {
        switch (words.Peek)
        {
            case "session":
                words.Take();
                var account = world.Account(words.Take());
                return Commands.OpenSession(account, words.TakeIf("grace") ? words.Duration() : 0);
            case "close-session":
                words.Take();
                return Commands.CloseSession(world.Account(words.Take()), new SessionId((uint)words.Number()));
            case "fence":
                words.Take();
                return Fence(words, now);
            default:
                return null;
        }
    }

    // [key 42] [stamp -5s] [number 3] [session 1] [by bob] [no-identity]
    public Command Stamp(Command command, long now, Words? words = null)
    {
        var rule = CommandRules.Of(command.Kind);
        command.By(rule.Role == Roles.Trader && command.Header.Account.Value != 0
            ? world.OwnerOf(command.Header.Account)
            : world.Staff(command.Kind == CommandKind.CancelAll ? Roles.Operator : rule.Role));
        StampAsUsual(command, now, rule);
        while (words is not null && !words.IsEmpty && TakeWord(command, now, words))
        {
        }

        return command;
    }

    /// <summary>Follows the sessions that were opened and their numbers.</summary>
    public void Observe(Command command, in CommandResult result)
    {
        var account = command.Header.Account.Value;
        if (command.Kind == CommandKind.OpenSession && result.Code == RejectCode.None)
        {
            _sessions[account] = (new SessionId((uint)result.Id), 1);
        }

        var isAdmitted = result.Code == RejectCode.None || result.Code >= RejectCode.UnknownInstrument;
        if (command.Header.Dedup == DedupMode.Session && isAdmitted && _sessions.TryGetValue(account, out var session)
            && session.Session == command.Header.Session && session.Next == command.Header.Stamp)
        {
            _sessions[account] = session with { Next = session.Next + 1 };
        }
    }

    private void StampAsUsual(Command command, long now, in CommandRule rule)
    {
        if (!rule.NeedsIdentity)
        {
            command.WithoutIdentity();
        }
        else if (_sessions.TryGetValue(command.Header.Account.Value, out var session)
            && command.Kind is not (CommandKind.OpenSession or CommandKind.CloseSession) && rule.Role == Roles.Trader)
        {
            command.InSession(session.Session, session.Next);
        }
        else
        {
            command.Keyed(++_keys, now);
        }
    }

    private bool TakeWord(Command command, long now, Words words)
    {
        switch (words.Peek)
        {
            case "key":
                words.Take();
                command.Keyed((UInt128)words.Number(), now);
                return true;
            case "stamp":
                words.Take();
                command.Header.Stamp = (ulong)(now + words.Duration());
                return true;
            case "number":
                words.Take();
                command.Header.Stamp = (ulong)words.Number();
                return true;
            case "in-session":
                words.Take();
                command.InSession(new SessionId((uint)words.Number()), command.Header.Stamp);
                return true;
            case "by":
                words.Take();
                command.By(world.User(words.Take()));
                return true;
            case "no-identity":
                words.Take();
                command.WithoutIdentity();
                return true;
            default:
                return false;
        }
    }

    // fence alice key 42 [at -5s] [of cancel-order]
    private Command Fence(Words words, long now)
    {
        var account = world.Account(words.Take());
        words.Expect("key");
        var key = (UInt128)words.Number();
        var createdAt = (ulong)(now + (words.TakeIf("at") ? words.Duration() : 0));
        var kind = words.TakeIf("of") ? words.Name<CommandKind>() : CommandKind.PlaceOrder;
        return ServiceCommands.Fence(account, ScenarioWorld.MainInstrument, kind, key, createdAt);
    }
}
