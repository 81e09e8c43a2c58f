using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>Follows one run from entry to entry and counts into a <see cref="WorkloadCoverage"/>.</summary>
public sealed class CoverageWatch(WorkloadCoverage coverage)
{
    private const int TimersMax = 64;
    private const int HeaderSize = 64;

    private readonly List<SymbolMode> _modes = [];
    private readonly Dictionary<ulong, OrderAccepted> _accepted = [];
    private ulong _term = 1;
    private CauseCounts _cause;
    private (TimerKind Kind, ulong Id, long Deadline) _lastTimer;

    public void Observe(Entry entry, ReadOnlySpan<byte> results, ReadOnlySpan<byte> events)
    {
        coverage.CountEntry();
        CountIf(entry.Header.Term > _term, Situation.TermChanged);
        _term = entry.Header.Term;
        var reader = new EventReader(events);
        var hasEvent = reader.TryRead(out var happened);

        // Timers come first; then each command's events follow its frame, so the modes are as the command met them.
        var timers = 0;
        while (hasEvent && happened.Offset == CauseFrame.TimerOffset)
        {
            timers += happened.Kind == EventKind.TimerFired ? 1 : 0;
            Take(happened);
            hasEvent = reader.TryRead(out happened);
        }

        CountIf(timers == TimersMax, Situation.TimersAtLimit);
        var payload = new BatchReader(entry.Payload);
        var each = MemoryMarshal.Cast<byte, CommandResult>(results);
        for (var i = 0; i < each.Length; i++)
        {
            var isThere = payload.TryRead(out var command);
            CountIf(!isThere, Situation.MissingCommand);
            Take(isReplayed: each[i].Index != entry.Header.Index || each[i].Offset != (uint)i, command, each[i]);
            while (hasEvent && happened.Offset == (uint)i)
            {
                Take(happened);
                hasEvent = reader.TryRead(out happened);
            }
        }

        CountIf(payload.TryRead(out _), Situation.UncountedBytes);
        while (hasEvent)
        {
            Take(happened);
            hasEvent = reader.TryRead(out happened);
        }

        Invariant.Check(reader.Error == EventError.None);
        EndCause();
    }

    private void Take(EventEnvelope happened)
    {
        if (happened.CausationId != _cause.Id)
        {
            EndCause();
            _cause.Id = happened.CausationId;
            _cause.IsTimer = happened.Offset == CauseFrame.TimerOffset;
        }

        coverage.Count(happened.Kind);
        switch (happened.Kind)
        {
            case EventKind.InstrumentCreated:
                _modes.Add(happened.As<InstrumentCreated>().Mode);
                break;
            case EventKind.ModeChanged:
                ref readonly var changed = ref happened.As<ModeChanged>();
                _modes[(int)happened.Stream - 1] = changed.To;
                _cause.ModeChanges++;
                coverage.CountMode(changed.Cause);
                break;
            case EventKind.ReferencePriceChanged:
                coverage.CountReference(happened.As<ReferencePriceChanged>().Cause);
                break;
            case EventKind.OrderAccepted:
                _accepted[happened.As<OrderAccepted>().OrderId.Value] = happened.As<OrderAccepted>();
                break;
            case EventKind.OrderTriggered:
                _cause.Triggers++;
                break;
            case EventKind.OrderReplenished:
                _cause.Replenished++;
                break;
            case EventKind.AuctionUncrossed:
                _cause.Uncrossed++;
                var surplus = happened.As<AuctionUncrossed>().Surplus;
                coverage.Count(surplus > 0 ? Situation.UncrossWithBuySurplus
                    : surplus < 0 ? Situation.UncrossWithSellSurplus : Situation.UncrossWithoutSurplus);
                break;
            case EventKind.TimerFired:
                ref readonly var fired = ref happened.As<TimerFired>();
                coverage.Count(fired.Kind);
                CountIf(
                    fired.Kind is TimerKind.DeadMan or TimerKind.SessionGrace
                        && (fired.Kind, fired.Id, fired.Deadline) == _lastTimer,
                    Situation.TimerCancelsContinued);
                _lastTimer = (fired.Kind, fired.Id, fired.Deadline);
                break;
            case EventKind.SelfTradePrevented:
                coverage.Count(PreventionOf(happened.As<SelfTradePrevented>().TakerOrderId));
                break;
            case EventKind.OrderCancelled:
                var reason = happened.As<OrderCancelled>().Reason;
                coverage.Count(reason);
                var isTimers = reason is >= CancelReason.Expired and <= CancelReason.Disconnected;
                _cause.WaitingCancels += isTimers ? 1 : 0;
                CountIf(!_cause.IsTimer && isTimers, Situation.CancelAfterHardHalt);
                break;
            case EventKind.TradeExecuted:
                Take(happened.As<TradeExecuted>());
                break;
        }
    }

    private void EndCause()
    {
        CountIf(_cause.Triggers >= 2, Situation.TriggerCascade);
        CountIf(_cause.Uncrossed > 0 && _cause.Triggers > 0, Situation.TriggerAfterUncross);
        CountIf(_cause.Uncrossed > 0 && _cause.Replenished > 0, Situation.ReplenishedInUncross);
        var isContinued = _cause.IsTimer && _lastTimer.Kind == TimerKind.Continuation;
        CountIf(_cause.Uncrossed > 0 && _cause.IsTimer && !isContinued, Situation.UncrossByTimer);
        CountIf(_cause.Uncrossed > 0 && isContinued, Situation.UncrossContinued);
        CountIf(_cause.Triggers > 0 && _cause.ModeChanges == 0 && isContinued, Situation.TriggersContinued);
        CountIf(_cause.WaitingCancels > 0 && isContinued, Situation.WaitingCancelsContinued);
        _cause = default;
    }

    private void Take(in TradeExecuted trade)
    {
        CountIf(trade.MakerFee.Units < 0, Situation.RebatePaid);
        var taker = _accepted[trade.TakerOrderId.Value];
        CountIf(trade.TakerFee.Units == 0 && taker.TakerRate > 0, Situation.FeeRoundedBefore);
        if (trade.Maker == trade.Taker && _cause.Uncrossed == 0)
        {
            coverage.Count(SelfTradePrevention.None);
            coverage.Count(Situation.SelfTradeAllowed);
        }
    }

    private SelfTradePrevention PreventionOf(OrderId order) => (SelfTradePrevention)(_accepted[order.Value].Flags >> 4);

    private void Take(bool isReplayed, ReadOnlySpan<byte> command, in CommandResult result)
    {
        var outcome = isReplayed ? Outcome.Replayed
            : result.Code == RejectCode.None ? Outcome.Accepted
            : result.Code >= RejectCode.UnknownInstrument ? Outcome.Rejected : Outcome.Refused;
        var isWellFormed = command.Length >= HeaderSize
            && command.Length == CommandRules.Of(MemoryMarshal.AsRef<CommandHeader>(command).Kind).Size;
        var kind = isWellFormed ? MemoryMarshal.AsRef<CommandHeader>(command).Kind : CommandKind.None;
        coverage.Count(result.Code, kind, outcome);
        coverage.Count(result.Status);
        if (isReplayed || !isWellFormed || outcome == Outcome.Refused)
        {
            return;
        }

        var instrument = MemoryMarshal.AsRef<CommandHeader>(command).Instrument.Value;
        if (instrument >= 1 && instrument <= _modes.Count && ModeColumns.Of(command) is >= 0 and var column)
        {
            coverage.Count(_modes[(int)instrument - 1], column, result.Code);
        }

        TakeMeaning(kind, command, result);
    }

    private void TakeMeaning(CommandKind kind, ReadOnlySpan<byte> command, in CommandResult result)
    {
        switch (kind)
        {
            case CommandKind.PlaceOrder:
                TakeOrder(MemoryMarshal.AsRef<PlaceOrder>(command), result);
                break;
            case CommandKind.ReplaceOrder when result.Code == RejectCode.None:
                ref readonly var replace = ref MemoryMarshal.AsRef<ReplaceOrder>(command);
                CountIf(result.Executed.Lots > 0, Situation.ReplaceTraded);
                CountIf(replace.Price.Ticks == 0 && replace.Quantity.Lots == 0, Situation.ReplaceOfNothing);
                break;
            case CommandKind.CancelAll when result.Code == RejectCode.None:
                CountIf(result.Id == 0, Situation.CancelAllOfNothing);
                CountIf(result.Id >= 10, Situation.CancelAllOfMany);
                break;
            case CommandKind.SetAccount when result.Code == RejectCode.None:
                coverage.Count((AccountFreeze)MemoryMarshal.AsRef<SetAccount>(command).Freeze);
                break;
        }
    }

    private void TakeOrder(in PlaceOrder order, in CommandResult result)
    {
        var isAccepted = result.Code == RejectCode.None;
        if (isAccepted || result.Code == RejectCode.InvalidCombination)
        {
            var isPostOnly = order.Flags != 0;
            var isAllowed = OrderRules.Allows(order.Type, order.TimeInForce)
                && (!isPostOnly || OrderRules.MayRest(order.Type, order.TimeInForce));
            if (isAccepted || !isAllowed)
            {
                coverage.Count(order.Type, order.TimeInForce, isPostOnly, isAccepted);
            }
        }

        if (!isAccepted)
        {
            return;
        }

        var isByBudget = order.QuoteBudget.Units != 0;
        CountIf(isByBudget && result.Status == OrderStatus.Filled, Situation.BudgetFilled);
        CountIf(isByBudget && result.Status == OrderStatus.Cancelled && result.Executed.Lots > 0, Situation.BudgetLeft);
        CountIf(order.TimeInForce == TimeInForce.FillOrKill && result.Executed.Lots > 0, Situation.FillOrKillFilled);
        CountIf(result.Status == OrderStatus.PartiallyFilled && result.Remaining.Lots > 0, Situation.PartRests);
    }

    private void CountIf(bool isSo, Situation situation)
    {
        if (isSo)
        {
            coverage.Count(situation);
        }
    }

    /// <summary>What happened under one cause.</summary>
    private struct CauseCounts
    {
        public UInt128 Id;
        public bool IsTimer;
        public int Triggers;
        public int Uncrossed;
        public int Replenished;
        public int ModeChanges;
        public int WaitingCancels;
    }
}
