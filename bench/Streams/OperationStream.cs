namespace Exchange.Rsm.Bench.Streams;

/// <summary>A stream to be replayed, whole in memory.</summary>
internal sealed class OperationStream
{
    public required string Name { get; init; }

    public required Operation[] Operations { get; init; }

    /// <summary>The first so many operations build the books and are not timed.</summary>
    public int Prefill { get; init; }

    public int Symbols { get; init; } = 1;

    public required int Accounts { get; init; }

    /// <summary>One more than the highest order number.</summary>
    public required int OrderLimit { get; init; }

    /// <summary>The trade hash that whoever made the stream promises; none where the naive book is asked.</summary>
    public ulong? PromisedHash { get; init; }

    public ReadOnlySpan<Operation> Untimed => Operations.AsSpan(0, Prefill);

    public ReadOnlySpan<Operation> Timed => Operations.AsSpan(Prefill);
}
