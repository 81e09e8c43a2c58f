using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>What is wrong with a command's bytes, and with the payload it closes.</summary>
internal sealed class MalformedActions(OrderActions orders, IdentityActions identities)
{
    private const int KindOffset = 2;
    private const int VersionOffset = 3;
    private const int DedupOffset = 4;
    private const int ReservedOffset = 5;

    /// <summary>A command that is wrong in one byte, or named twice or not at all. Its length is right.</summary>
    public Command Make(in WorkloadStep step)
    {
        var shape = new Digits(step.Shape);
        var which = shape.Next(24);
        return which < 12 ? WrongByte(step, which, ref shape) : WrongUse(step, which, ref shape);
    }

    /// <summary>Makes the last command of a payload one whose bytes do not add up.</summary>
    public static Command BreakLength(Command command, int shape)
    {
        var length = command.Bytes.Length;
        switch (shape % 7)
        {
            case 0:
                return command.Resized(length - 8);
            case 1:
                command.Header.Length = 63;
                return command;
            case 2:
                command.Header.Length = 0;
                return command;
            case 3:
                command.Header.Length = ushort.MaxValue;
                return command;
            case 4:
                command.Header.Length = (ushort)(length + 8);
                return command.Resized(length + 8);
            case 5:
                return command.Resized(40);
            default:
                return command.Resized(1);
        }
    }

    private Command WrongByte(in WorkloadStep step, int which, ref Digits shape)
    {
        var command = identities.StampTrader(orders.Place(step), step.Identity);
        switch (which)
        {
            case 0:
                return command.WithByte(KindOffset, shape.Pick<byte>([0, 12, 19, 62, 200, 255]));
            case 1:
                return command.WithByte(VersionOffset, shape.Pick<byte>([0, 2, 255]));
            case 2:
                return command.WithByte(ReservedOffset + shape.Next(3), 1);
            case 3:
                command.As<PlaceOrder>().Side = (Side)shape.Pick<byte>([2, 255]);
                return command;
            case 4:
                command.As<PlaceOrder>().Type = (OrderType)shape.Pick<byte>([6, 255]);
                return command;
            case 5:
                command.As<PlaceOrder>().TimeInForce = (TimeInForce)shape.Pick<byte>([4, 255]);
                return command;
            case 6:
                command.As<PlaceOrder>().SelfTradePrevention = (SelfTradePrevention)shape.Pick<byte>([5, 255]);
                return command;
            case 7:
                command.As<PlaceOrder>().Flags = shape.Pick<byte>([2, 3, 255]);
                return command;
            case 8:
                return command.WithByte(DedupOffset, shape.Pick<byte>([3, 255]));
            case 9:
                command.As<PlaceOrder>().Reserved0 = 1;
                return command;
            case 10:
                command.As<PlaceOrder>().Reserved1 = 0x100;
                return command;
            default:
                return command.WithByte(KindOffset, (byte)CommandKind.CancelOrder);
        }
    }

    private Command WrongUse(in WorkloadStep step, int which, ref Digits shape)
    {
        switch (which)
        {
            case 12:
                return WrongIdentity(identities.StampTrader(orders.Place(step), identity: 0), ref shape);
            case 13:
                return Named(identities.StampTrader(orders.Cancel(step), identity: 0), shape.Next(2) == 0);
            case 14:
                var mode = StaffCommands.SetMode(new InstrumentId(1), (SymbolMode)shape.Pick<byte>([5, 255]));
                return identities.StampStaff(mode, identity: 0);
            case 15:
                var halt = StaffCommands.HaltWithdrawals(halted: false);
                halt.As<SetWithdrawalHalt>().Halted = 2;
                return identities.StampStaff(halt, identity: 0);
            case 16:
                var decision = StaffCommands.DecideAdjustment(1, approve: true);
                decision.As<DecideAdjustment>().Approve = 2;
                return identities.StampStaff(decision, identity: 0);
            case 17:
                var notice = ServiceCommands.SetConnection(new SessionId(1), connected: true);
                notice.As<SetSessionConnection>().Connected = 2;
                return identities.StampStaff(notice, identity: 0);
            case 18:
                return Unstamped(identities.Fence(step));
            case 19:
                return Unstamped(orders.Place(step)).By(new UserId(8));
            case 20:
                return identities.StampStaff(StaffCommands.Deposit(default, new AssetId(1), 1), identity: 0);
            case 21:
                return Scoped(identities.StampStaff(StaffCommands.CreateAsset("ZZZ", 1), identity: 0), ref shape);
            case 22:
                return Scoped(identities.StampTrader(orders.DeadMan(step), identity: 0), ref shape);
            default:
                return ReservedInBody(ref shape);
        }
    }

    private Command ReservedInBody(ref Digits shape)
    {
        Command[] some =
        [
            StaffCommands.SetMode(new InstrumentId(1), SymbolMode.Normal),
            StaffCommands.Deposit(new AccountId(2), new AssetId(1), 1),
            StaffCommands.SetPolicy(new InstrumentId(1), DefaultPolicy.Instrument),
            ServiceCommands.ClaimDrain(1),
            StaffCommands.SetUser(new UserId(8), Roles.Trader),
            StaffCommands.CreateAsset("ZZY", 1),
            StaffCommands.CreateApiKey(new AccountId(2), 1),
            ServiceCommands.RaiseBehaviour(2),
        ];
        var command = some[shape.Next(some.Length)];
        switch (command.Kind)
        {
            case CommandKind.SetInstrumentPolicy:
                command.As<SetInstrumentPolicy>().Policy.Reserved3 = 1;
                break;
            case CommandKind.CreateApiKey:
                command.As<CreateApiKey>().Reserved0 = 1;
                break;
            default:
                command.WithByte(command.Bytes.Length - 1, 1);
                break;
        }

        return identities.StampStaff(command, identity: 0);
    }

    private static Command WrongIdentity(Command command, ref Digits shape)
    {
        ref var header = ref command.Header;
        switch (shape.Next(6))
        {
            case 0:
                header.Dedup = DedupMode.None;
                break;
            case 1:
                header.Dedup = DedupMode.Session;
                header.Session = new SessionId(1);
                header.Key = 5;
                break;
            case 2:
                command.InSession(new SessionId(1), 0);
                break;
            case 3:
                command.InSession(default, 1);
                break;
            case 4:
                command.Keyed(5, 1);
                header.Session = new SessionId(1);
                break;
            default:
                command.Keyed(0, 1);
                break;
        }

        return command;
    }

    private static Command Named(Command cancel, bool twice)
    {
        cancel.As<CancelOrder>().OrderId = new OrderId(twice ? 1UL : 0);
        cancel.As<CancelOrder>().ClientOrderId = twice ? 1 : (UInt128)0;
        return cancel;
    }

    private static Command Unstamped(Command command)
    {
        if (command.Kind == CommandKind.PlaceOrder)
        {
            command.Header.Kind = CommandKind.TestOrder;
        }

        return command.Keyed(5, 1);
    }

    private static Command Scoped(Command command, ref Digits shape)
    {
        if (shape.Next(2) == 0)
        {
            command.Header.Instrument = new InstrumentId(1);
        }
        else
        {
            command.Header.Account = new AccountId(command.Header.Account.Value == 0 ? 2U : 0);
        }

        return command;
    }
}
