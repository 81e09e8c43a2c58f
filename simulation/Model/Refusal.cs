using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>One reason to refuse a command, with its receipt.</summary>
internal readonly record struct Refusal(RejectCode Code, Int128 Actual, Int128 Limit);

/// <summary>All reasons found to refuse one command. The lowest code is the answer.</summary>
internal sealed class Refusals
{
    private readonly List<Refusal> _found = [];

    public bool Any => _found.Count > 0;

    public Refusal Lowest => _found.MinBy(refusal => refusal.Code);

    public void Add(RejectCode code, bool applies, Int128 actual = default, Int128 limit = default)
    {
        if (applies)
        {
            _found.Add(new Refusal(code, actual, limit));
        }
    }

    /// <summary>Whether the command comes past the check of this code: nothing up to it applies.</summary>
    public bool PassesUpTo(RejectCode code) => _found.All(refusal => refusal.Code > code);
}
