using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>What was decided about an admitted command.</summary>
internal sealed record Answer
{
    public RejectCode Code { get; init; }

    /// <summary>Receipt of a refusal: the value found.</summary>
    public Int128 Actual { get; init; }

    /// <summary>Receipt of a refusal: what it was held against.</summary>
    public Int128 Limit { get; init; }

    public OrderStatus Status { get; init; }

    public ulong Id { get; init; }

    public long Executed { get; init; }

    public long Remaining { get; init; }

    public Int128 Notional { get; init; }

    public static Answer Accepted(ulong id) => new() { Id = id };

    public static Answer Rejected(Refusal refusal) =>
        new() { Code = refusal.Code, Actual = refusal.Actual, Limit = refusal.Limit };
}
