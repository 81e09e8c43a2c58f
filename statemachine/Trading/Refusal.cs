using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// The receipt of the last refusal: the values that decided it. Kept here, not returned: an answer with room for two
/// amounts, made and copied by every check that passes, was a tenth of a command.
/// </summary>
internal sealed class Refusal
{
    public Int128 Actual { get; private set; }

    public Int128 Limit { get; private set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public RejectCode Of(RejectCode code)
    {
        (Actual, Limit) = (0, 0);
        return code;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public RejectCode Of(RejectCode code, Int128 actual, Int128 limit)
    {
        (Actual, Limit) = (actual, limit);
        return code;
    }
}
