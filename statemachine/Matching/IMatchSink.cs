using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Matching;

/// <summary>
/// What matching tells while it runs. A struct, so that the calls are direct: the machine settles and writes events, a
/// benchmark only hashes trades. The book links and unlinks; the sink owns everything else of an order.
/// </summary>
internal interface IMatchSink
{
    /// <summary>Whether the taker must not trade with this group.</summary>
    bool Prevents(uint group);

    /// <summary>Lots the taker can pay for at a price, at most the given ones; zero ends the matching.</summary>
    long Affordable(long price, long lots);

    /// <summary>A trade. Called before the maker's lots are taken off.</summary>
    void Fill(int slot, ref Order maker, long price, long lots);

    /// <summary>The maker has nothing open and is out of the book.</summary>
    void Done(int slot);

    /// <summary>The maker shows its next part; it gets a new priority.</summary>
    void Replenish(int slot, ref Order maker);

    /// <summary>The matching left a level it had touched.</summary>
    void LevelLeft(in PriceLevel level);

    /// <summary>Taker and maker are of one group.</summary>
    SelfTradeAction SelfTrade(int slot, ref Order maker, long price, long lots);

    /// <summary>The maker was expired by self-trade prevention and is out of the book.</summary>
    void MakerExpired(int slot);
}

/// <summary>What matching does after a self-trade was prevented.</summary>
internal enum SelfTradeAction : byte
{
    StopTaker,
    RemoveMaker,
    RemoveMakerStopTaker,
    DecrementBoth,
}
