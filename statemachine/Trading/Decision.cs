using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// What a command other than those on orders came to: the code, the values that decided it (the receipt), and what was
/// made or acted on.
/// </summary>
internal struct Decision
{
    public RejectCode Code;
    public Int128 Actual;
    public Int128 Limit;
    public ulong Id;

    public static Decision Accept(ulong id = 0) => new() { Id = id };

    public static Decision Reject(RejectCode code) => new() { Code = code };

    public static Decision Reject(RejectCode code, Int128 actual, Int128 limit) =>
        new() { Code = code, Actual = actual, Limit = limit };
}
