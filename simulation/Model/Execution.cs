using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>What a taker traded and how it ended.</summary>
internal sealed class Execution
{
    public long Lots;
    public Int128 Notional;

    /// <summary>Price of its last trade; zero where it did not trade.</summary>
    public long LastPrice;

    public OrderStatus Status;

    /// <summary>Makers it met, to trade with or not to.</summary>
    public uint Meetings;
}
