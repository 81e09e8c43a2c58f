using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>Who sends a command and how its repeats are told: stamping, sessions, repeats and fences.</summary>
internal sealed class IdentityActions(ObservedWorld world, OrderActions orders)
{
    private const ulong Window = 64;

    /// <summary>Makes a trader's command its account's next one; now and then with a wrong user or identity.</summary>
    public Command StampTrader(Command command, int identity)
    {
        var digits = new Digits(identity);
        var account = command.Header.Account;
        var owner = world.Accounts.Find(known => known.Id == account)?.Owner ?? UserId.Root;
        command.By(owner);
        var choice = digits.Next(32);
        var sessions = world.Sessions.FindAll(session => session.Account == account);
        if (choice < 16 && sessions.Count > 0)
        {
            Next(command, sessions[digits.Next(sessions.Count)]);
        }
        else if (choice < 31)
        {
            ByKey(command, world.Now);
        }
        else
        {
            Wrongly(command, ref digits);
        }

        return command;
    }

    /// <summary>Makes a command the next one of the user that has the role, under a key.</summary>
    public Command StampStaff(Command command, int identity)
    {
        var digits = new Digits(identity);
        var rule = CommandRules.Of(command.Kind);
        command.By(digits.Next(40) == 39 ? User(digits.Next(64)) : Holder(rule.Role, digits.Next(2)));
        if (rule.NeedsIdentity)
        {
            ByKey(command, world.Now);
            if (digits.Next(40) == 39)
            {
                Wrongly(command, ref digits);
            }
        }
        else if (digits.Next(40) == 39)
        {
            ByKey(command, world.Now);
        }

        return command;
    }

    public Command OpenSession(in WorkloadStep step)
    {
        var who = new Digits(step.Who);
        orders.Instrument(ref who);
        long[] graces = [0, 100_000_000, 500_000_000, 5_000_000_000, Contracts.Trading.OpenSession.GraceMax, -1];
        var command = Commands.OpenSession(orders.Account(ref who), graces[step.Shape % graces.Length]);
        return StampTrader(command, step.Identity);
    }

    public Command CloseSession(in WorkloadStep step)
    {
        var session = Session(step.Size);
        var command = step.Shape % 6 == 5 || session is null
            ? Commands.CloseSession(world.Accounts[^1].Id, new SessionId((uint)(1 + (step.Price % 99))))
            : Commands.CloseSession(session.Account, session.Id);
        return StampTrader(command, step.Identity);
    }

    public Command SetConnection(in WorkloadStep step)
    {
        var session = step.Shape % 16 == 15 ? new SessionId(9_999) : Session(step.Size)?.Id ?? new SessionId(1);
        return StampStaff(ServiceCommands.SetConnection(session, connected: step.Shape % 3 == 2), step.Identity);
    }

    /// <summary>Sends an earlier command again: as it was, with another content, or in another scope.</summary>
    public Command? Repeat(in WorkloadStep step)
    {
        if (world.Sent.Count == 0)
        {
            return null;
        }

        var command = ObservedWorld.Recent(world.Sent, step.Size).Copy();
        switch (step.Shape % 10)
        {
            case 6:
                ChangeContent(command, step.Price);
                break;
            case 7:
                command.Header.Correlation++;
                break;
            case 8 when command.Header.Dedup == DedupMode.Keyed:
                command.Header.Stamp += (ulong)(step.Price % 3);
                break;
            case 9:
                command.Header.Instrument = new InstrumentId((uint)(step.Price % 4));
                break;
        }

        return command;
    }

    /// <summary>A number of a session that is past, far past or ahead.</summary>
    public Command? OtherNumber(in WorkloadStep step)
    {
        if (Session(step.Size) is not { } session)
        {
            return null;
        }

        var back = (step.Shape % 4) switch
        {
            0 => 1UL,
            1 => 1 + (ulong)(step.Price % 64),
            2 => Window,
            _ => Window + 1 + (ulong)(step.Price % 4),
        };
        var number = step.Shape % 16 == 15
            ? session.Next + session.Underway + 1
            : session.Next - Math.Min(back, session.Next);
        return Commands.CancelAll(session.Account).By(session.User).InSession(session.Id, number);
    }

    /// <summary>A fence of a command that was sent, of one that was not, or of one too old or too new.</summary>
    public Command Fence(in WorkloadStep step)
    {
        var keyed = world.Sent.Where(command => command.Header.Dedup == DedupMode.Keyed).ToList();
        Command fence;
        if (keyed.Count > 0 && step.Shape % 4 < 2)
        {
            fence = ServiceCommands.Fence(ObservedWorld.Recent(keyed, step.Size));
        }
        else
        {
            var unsent = orders.Place(step);
            ByKey(unsent.By(Owner(unsent.Header.Account)), world.Now);
            fence = ServiceCommands.Fence(unsent);
            world.Remember(unsent);
        }

        ref var target = ref fence.As<FenceCommand>();
        switch (step.Price % 24)
        {
            case 21:
                target.TargetCreatedAt = (ulong)Math.Max(1, world.Now - world.Policy.KeyRetention - 1);
                break;
            case 22:
                target.TargetCreatedAt = (ulong)(world.Now + world.Policy.ClockLeadMax + 1);
                break;
            case 23:
                target.Target = 0;
                break;
        }

        return step.Identity % 3 == 0 && fence.Header.Account.Value != 0
            ? fence.By(Owner(fence.Header.Account))
            : StampStaff(fence, step.Identity);
    }

    public UserId Holder(Roles role, int which)
    {
        var holders = world.Users.FindAll(user => user.Id != UserId.Root && (user.Roles & role) != 0);
        return holders.Count == 0 ? UserId.Root : holders[which % holders.Count].Id;
    }

    public UserId User(int which) => which % 9 == 8 ? new UserId(4_000) : world.Users[which % world.Users.Count].Id;

    private UserId Owner(AccountId account) =>
        world.Accounts.Find(known => known.Id == account)?.Owner ?? UserId.Root;

    private ObservedSession? Session(int which) =>
        world.Sessions.Count == 0 ? null : ObservedWorld.Recent(world.Sessions, which);

    private void Next(Command command, ObservedSession session)
    {
        session.Underway++;
        command.By(session.User).InSession(session.Id, session.Next + session.Underway - 1);
        world.Remember(command.Copy());
    }

    private void ByKey(Command command, long stamp)
    {
        world.Keys++;
        command.Keyed(((UInt128)world.Keys << 64) | world.Keys, stamp);
        world.Remember(command.Copy());
    }

    private void Wrongly(Command command, ref Digits digits)
    {
        switch (digits.Next(10))
        {
            case 0:
                command.WithoutIdentity();
                break;
            case 1:
                command.InSession(new SessionId(9_999), 1);
                break;
            case 2 when Session(digits.Next(64)) is { } session:
                command.InSession(session.Id, session.Next + session.Underway + 1 + (ulong)digits.Next(3));
                break;
            case 3:
                ByKey(command, Math.Max(1, world.Now - world.Policy.KeyRetention - 1));
                break;
            case 4:
                ByKey(command, world.Now - world.Policy.KeyRetention);
                break;
            case 5:
                ByKey(command, world.Now + world.Policy.ClockLeadMax + 1);
                break;
            case 6:
                ByKey(command, world.Now + world.Policy.ClockLeadMax);
                break;
            case 7:
                ByKey(command.By(User(digits.Next(64))), world.Now);
                break;
            case 8:
                command.Header.Account = new AccountId(9_999);
                ByKey(command, world.Now);
                break;
            default:
                command.Header.Instrument = new InstrumentId(9_999);
                ByKey(command, world.Now);
                break;
        }
    }

    private static void ChangeContent(Command command, int price)
    {
        if (command.Kind == CommandKind.PlaceOrder)
        {
            command.As<PlaceOrder>().Quantity = new Quantity(1 + (price % 7));
        }
        else if (command.Kind is CommandKind.Deposit or CommandKind.Withdraw)
        {
            command.As<Deposit>().Reference++;
        }
        else
        {
            command.Header.User = new UserId(1 + (uint)(price % 3));
        }
    }
}
