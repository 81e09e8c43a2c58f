namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>Meetings of several features that a workload must have produced at least once.</summary>
public enum Situation
{
    /// <summary>One command's trades triggered two orders or more.</summary>
    TriggerCascade,

    /// <summary>The trades of an auction triggered an order.</summary>
    TriggerAfterUncross,

    /// <summary>An auction left more to buy at its price.</summary>
    UncrossWithBuySurplus,

    /// <summary>An auction left more to sell at its price.</summary>
    UncrossWithSellSurplus,

    /// <summary>An auction came out even.</summary>
    UncrossWithoutSurplus,

    /// <summary>An iceberg showed its next part within an auction's trades.</summary>
    ReplenishedInUncross,

    /// <summary>A breaker's end uncrossed the book.</summary>
    UncrossByTimer,

    /// <summary>An auction went on in another part.</summary>
    UncrossContinued,

    /// <summary>Triggers that one cause left over fired later.</summary>
    TriggersContinued,

    /// <summary>The cancels that a hard halt had left waiting were carried out in parts.</summary>
    WaitingCancelsContinued,

    /// <summary>A dead-man switch or a grace cancelled in parts.</summary>
    TimerCancelsContinued,

    /// <summary>A timer's cancel waited for the end of a hard halt.</summary>
    CancelAfterHardHalt,

    /// <summary>As many timers as one entry may fire.</summary>
    TimersAtLimit,

    /// <summary>A maker was paid.</summary>
    RebatePaid,

    /// <summary>A trade with a rate charged nothing, because the order's fees were rounded up before.</summary>
    FeeRoundedBefore,

    /// <summary>An account traded with itself, which it allowed.</summary>
    SelfTradeAllowed,

    /// <summary>A budget was used up to the last unit.</summary>
    BudgetFilled,

    /// <summary>A budget traded and left a rest.</summary>
    BudgetLeft,

    /// <summary>A fill-or-kill traded.</summary>
    FillOrKillFilled,

    /// <summary>An order traded in part and rests.</summary>
    PartRests,

    /// <summary>A replace traded at once.</summary>
    ReplaceTraded,

    /// <summary>A replace kept price and quantity and lost its place only.</summary>
    ReplaceOfNothing,

    /// <summary>A cancel-all found nothing.</summary>
    CancelAllOfNothing,

    /// <summary>A cancel-all found ten orders or more.</summary>
    CancelAllOfMany,

    /// <summary>Commands that the header counted and the payload did not hold.</summary>
    MissingCommand,

    /// <summary>Bytes after the last counted command.</summary>
    UncountedBytes,

    /// <summary>An entry that opened a term.</summary>
    TermChanged,
}
