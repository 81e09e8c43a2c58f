using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>The form of a command: nothing but its bytes is looked at.</summary>
internal static class Canonical
{
    public static bool Is(Command command) => HeaderIs(command) && BodyIs(command);

    private static bool HeaderIs(Command command)
    {
        var header = command.Header;
        if (header.Reserved0 != 0 || header.Reserved1 != 0)
        {
            return false;
        }

        var identityTaken = header.Dedup == DedupMode.None || command.Rule.NeedsIdentity;
        return identityTaken && header.Dedup switch
        {
            DedupMode.None => header.Session.Value == 0 && header.Stamp == 0 && header.Key == 0,
            DedupMode.Session => header.Session.Value != 0 && header.Stamp != 0 && header.Key == 0,
            DedupMode.Keyed => header.Session.Value == 0 && header.Key != 0,
            _ => false,
        };
    }

    private static bool BodyIs(Command command) => command.Kind switch
    {
        CommandKind.PlaceOrder or CommandKind.TestOrder => Is(command.As<PlaceOrder>()),
        CommandKind.CancelOrder => NamesOne(command.As<CancelOrder>().OrderId, command.As<CancelOrder>().ClientOrderId),
        CommandKind.AmendOrder => NamesOne(command.As<AmendOrder>().OrderId, command.As<AmendOrder>().ClientOrderId),
        CommandKind.ReplaceOrder =>
            NamesOne(command.As<ReplaceOrder>().OrderId, command.As<ReplaceOrder>().ClientOrderId),
        CommandKind.CancelAll or CommandKind.SetDeadManSwitch or CommandKind.OpenSession => true,
        CommandKind.CloseSession => command.As<CloseSession>().Reserved0 == 0,
        CommandKind.SetSessionConnection => Is(command.As<SetSessionConnection>()),
        CommandKind.FenceCommand => Is(command.As<FenceCommand>()),
        CommandKind.CreateAsset => Is(command.As<CreateAsset>()),
        CommandKind.CreateInstrument => Is(command.As<CreateInstrument>()),
        CommandKind.SetInstrumentPolicy => Is(command.As<SetInstrumentPolicy>().Policy),
        CommandKind.SetGlobalPolicy => true,
        CommandKind.SetFeeSchedule or CommandKind.SetReferencePrice => true,
        CommandKind.SetSymbolMode => Is(command.As<SetSymbolMode>()),
        CommandKind.SetWithdrawalHalt => Is(command.As<SetWithdrawalHalt>()),
        CommandKind.OpenAccount => command.As<OpenAccount>().Reserved0 == 0,
        CommandKind.SetAccount => command.As<SetAccount>().Reserved0 == 0,
        CommandKind.Deposit => command.As<Deposit>().Reserved0 == 0,
        CommandKind.Withdraw => command.As<Withdraw>().Reserved0 == 0,
        CommandKind.ProposeAdjustment => command.As<ProposeAdjustment>().Reserved0 == 0,
        CommandKind.DecideAdjustment => Is(command.As<DecideAdjustment>()),
        CommandKind.CreateUser => command.As<CreateUser>().Reserved0 == 0,
        CommandKind.SetUser => Is(command.As<SetUser>()),
        CommandKind.CreateApiKey => command.As<CreateApiKey>().Reserved0 == 0,
        CommandKind.RevokeApiKey => true,
        CommandKind.ClaimDrain => command.As<ClaimDrain>().Reserved0 == 0,
        CommandKind.AdvanceDrain => command.As<AdvanceDrain>().Reserved0 == 0,
        CommandKind.DropDrain => command.As<DropDrain>().Reserved0 == 0,
        CommandKind.AnnounceBehaviour => Is(command.As<AnnounceBehaviour>()),
        CommandKind.RaiseBehaviour => command.As<RaiseBehaviour>().Reserved0 == 0,
        _ => throw new InvalidOperationException("A kind of the contract is missing here."),
    };

    private static bool NamesOne(OrderId order, UInt128 clientOrderId) => (order.Value == 0) != (clientOrderId == 0);

    private static bool IsBit(byte value) => value is 0 or 1;

    private static bool IsMode(SymbolMode mode) => mode <= SymbolMode.HardHalt;

    private static bool Is(in PlaceOrder order) =>
        order.Side <= Side.Sell
        && order.Type <= OrderType.TakeProfitLimit
        && order.TimeInForce <= TimeInForce.FillOrKill
        && order.SelfTradePrevention <= SelfTradePrevention.Decrement
        && order.Flags is 0 or PlaceOrder.PostOnlyFlag
        && order.Reserved0 == 0
        && order.Reserved1 == 0;

    private static bool Is(in SetSessionConnection command) =>
        IsBit(command.Connected) && command.Reserved0 == 0 && command.Reserved1 == 0;

    private static bool Is(in FenceCommand command) =>
        CommandRules.Of(command.TargetKind) is { Size: > 0, NeedsIdentity: true }
        && command.Target != 0
        && command.Reserved0 == 0
        && command.Reserved1 == 0
        && command.Reserved2 == 0;

    private static bool Is(in CreateAsset command) =>
        command.Reserved0 == 0 && command.Reserved1 == 0 && command.Reserved2 == 0;

    private static bool Is(in CreateInstrument command) =>
        IsMode(command.Mode) && command.Reserved0 == 0 && command.Reserved1 == 0 && command.Reserved2 == 0;

    private static bool Is(in InstrumentPolicy policy) =>
        IsMode(policy.BreakerMode)
        && policy.Reserved0 == 0
        && policy.Reserved1 == 0
        && policy.Reserved2 == 0
        && policy.Reserved3 == 0
        && policy.Reserved4 == 0
        && policy.Reserved5 == 0;

    private static bool Is(in SetSymbolMode command) =>
        IsMode(command.Mode) && command.Reserved0 == 0 && command.Reserved1 == 0;

    private static bool Is(in SetWithdrawalHalt command) =>
        IsBit(command.Halted) && command.Reserved0 == 0 && command.Reserved1 == 0 && command.Reserved2 == 0;

    private static bool Is(in DecideAdjustment command) =>
        IsBit(command.Approve) && command.Reserved0 == 0 && command.Reserved1 == 0;

    private static bool Is(in SetUser command) =>
        IsBit(command.Enabled) && command.Reserved0 == 0 && command.Reserved1 == 0 && command.Reserved2 == 0;

    private static bool Is(in AnnounceBehaviour command) =>
        IsBit(command.Voter) && command.Reserved0 == 0 && command.Reserved1 == 0 && command.Reserved2 == 0;
}
