using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>The columns of the mode × command matrix.</summary>
internal static class ModeColumns
{
    public const int Count = 12;

    private const int PlaceResting = 0;
    private const int PlaceOther = 1;
    private const int TestResting = 2;
    private const int TestOther = 3;
    private const int CancelAllOfAccount = 7;
    private const int CancelAllOfInstrument = 8;

    public static IReadOnlyList<string> Names { get; } =
    [
        "place (resting)", "place (other)", "test (resting)", "test (other)", "cancel", "amend", "replace",
        "cancel-all of an account", "cancel-all of an instrument", "set mode", "set reference", "set policy",
    ];

    /// <summary>The column of a command on an existing instrument; −1 where it has none.</summary>
    public static int Of(ReadOnlySpan<byte> command)
    {
        ref readonly var header = ref MemoryMarshal.AsRef<CommandHeader>(command);
        switch (header.Kind)
        {
            case CommandKind.PlaceOrder or CommandKind.TestOrder:
                ref readonly var order = ref MemoryMarshal.AsRef<PlaceOrder>(command);
                var rests = order.Type == OrderType.Limit
                    && order.TimeInForce <= TimeInForce.GoodTillDate
                    && order.Flags == 0;
                return (header.Kind == CommandKind.PlaceOrder ? PlaceResting : TestResting) + (rests ? 0 : 1);
            case CommandKind.CancelAll:
                return header.Account.Value == 0 ? CancelAllOfInstrument : CancelAllOfAccount;
            default:
                return header.Kind switch
                {
                    CommandKind.CancelOrder => 4,
                    CommandKind.AmendOrder => 5,
                    CommandKind.ReplaceOrder => 6,
                    CommandKind.SetSymbolMode => 9,
                    CommandKind.SetReferencePrice => 10,
                    CommandKind.SetInstrumentPolicy => 11,
                    _ => -1,
                };
        }
    }

    /// <summary>What the mode answers: a refusal or none.</summary>
    public static RejectCode Refusal(SymbolMode mode, int column) => column switch
    {
        PlaceResting => ModeRules.Refusal(mode, CommandKind.PlaceOrder, rests: true),
        PlaceOther => ModeRules.Refusal(mode, CommandKind.PlaceOrder, rests: false),
        TestResting => ModeRules.Refusal(mode, CommandKind.TestOrder, rests: true),
        TestOther => ModeRules.Refusal(mode, CommandKind.TestOrder, rests: false),
        4 => ModeRules.Refusal(mode, CommandKind.CancelOrder, rests: false),
        5 => ModeRules.Refusal(mode, CommandKind.AmendOrder, rests: false),
        6 => ModeRules.Refusal(mode, CommandKind.ReplaceOrder, rests: false),
        CancelAllOfAccount => mode == SymbolMode.HardHalt ? RejectCode.HardHalted : RejectCode.None,
        _ => RejectCode.None,
    };
}
