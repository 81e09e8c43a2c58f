using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Sends an admitted command to the part that decides it.</summary>
internal sealed class Decisions
{
    private readonly ModelState _state;
    private readonly ModelEvents _events;
    private readonly Market _market;
    private readonly OrderEntry _entry;
    private readonly OrderChanges _changes;
    private readonly SessionService _sessions;
    private readonly MarketAdministration _markets;
    private readonly AccountAdministration _accounts;
    private readonly Treasury _treasury;
    private readonly OperationsService _operations;

    public Decisions(ModelState state, ModelEvents events)
    {
        var money = new Money(state);
        var checks = new OrderChecks(state);
        var matching = new Matching(state, events, money);
        _state = state;
        _events = events;
        _market = new Market(state, events, matching, new Uncrossing(state, events, matching));
        _entry = new OrderEntry(state, events, money, checks, matching, _market);
        _changes = new OrderChanges(state, events, money, checks, matching, _market);
        _sessions = new SessionService(state, events);
        _markets = new MarketAdministration(state, events, _market);
        _accounts = new AccountAdministration(state, events);
        _treasury = new Treasury(state, events);
        _operations = new OperationsService(state, events);
        Timers = new Timers(state, events, _market);
    }

    public Timers Timers { get; }

    /// <summary>Takes over a committed configuration of the membership.</summary>
    public void Configure(ReadOnlySpan<byte> payload) => _operations.Configure(payload);

    /// <summary>Decides; a rejection has its event, and may trip the breaker after it.</summary>
    public Answer Decide(Command command)
    {
        var instrument = _state.InstrumentOf(command.Header);
        var answer = InstrumentFits(command, instrument)
            ? Dispatch(command, instrument)
            : new Answer { Code = RejectCode.UnknownInstrument, Status = StatusWhereRejected(command.Kind) };
        if (answer.Code != RejectCode.None && command.Kind != CommandKind.TestOrder)
        {
            _events.Rejected(command, answer);
            if (answer.Code == RejectCode.PriceBand)
            {
                _market.CountViolation(instrument!);
            }
        }

        return answer;
    }

    private static OrderStatus StatusWhereRejected(CommandKind kind) =>
        kind is CommandKind.PlaceOrder or CommandKind.TestOrder or CommandKind.ReplaceOrder
            ? OrderStatus.Rejected
            : OrderStatus.None;

    private static bool InstrumentFits(Command command, ModelInstrument? instrument)
    {
        var isGiven = command.Header.Instrument.Value != 0;
        if (command.Kind == CommandKind.CancelAll && command.Header.Account.Value == 0)
        {
            return instrument is not null;
        }

        return command.Rule.Instrument switch
        {
            Scope.None => !isGiven,
            Scope.Optional => !isGiven || instrument is not null,
            _ => instrument is not null,
        };
    }

    private Answer Dispatch(Command command, ModelInstrument? instrument) => command.Kind switch
    {
        CommandKind.PlaceOrder => _entry.Place(command, instrument!),
        CommandKind.TestOrder => _entry.Test(command, instrument!),
        CommandKind.CancelOrder => _changes.Cancel(command, instrument!),
        CommandKind.AmendOrder => _changes.Amend(command, instrument!),
        CommandKind.ReplaceOrder => _changes.Replace(command, instrument!),
        CommandKind.CancelAll => _changes.CancelAll(command, instrument),
        CommandKind.SetDeadManSwitch => _sessions.SetDeadManSwitch(command),
        CommandKind.OpenSession => _sessions.Open(command),
        CommandKind.CloseSession => _sessions.Close(command),
        CommandKind.SetSessionConnection => _sessions.SetConnection(command),
        CommandKind.CreateAsset => _markets.CreateAsset(command),
        CommandKind.CreateInstrument => _markets.CreateInstrument(command),
        CommandKind.SetInstrumentPolicy => _markets.SetInstrumentPolicy(command, instrument!),
        CommandKind.SetGlobalPolicy => _markets.SetGlobalPolicy(command),
        CommandKind.SetFeeSchedule => _markets.SetFeeSchedule(command),
        CommandKind.SetSymbolMode => _markets.SetSymbolMode(command, instrument!),
        CommandKind.SetReferencePrice => _markets.SetReferencePrice(command, instrument!),
        CommandKind.SetWithdrawalHalt => _markets.SetWithdrawalHalt(command),
        CommandKind.OpenAccount => _accounts.OpenAccount(command),
        CommandKind.SetAccount => _accounts.SetAccount(command),
        CommandKind.Deposit => _treasury.Deposit(command),
        CommandKind.Withdraw => _treasury.Withdraw(command),
        CommandKind.ProposeAdjustment => _treasury.Propose(command),
        CommandKind.DecideAdjustment => _treasury.Decide(command),
        CommandKind.CreateUser => _accounts.CreateUser(command),
        CommandKind.SetUser => _accounts.SetUser(command),
        CommandKind.CreateApiKey => _accounts.CreateApiKey(command),
        CommandKind.RevokeApiKey => _accounts.RevokeApiKey(command),
        CommandKind.ClaimDrain => _operations.ClaimDrain(command),
        CommandKind.AdvanceDrain => _operations.AdvanceDrain(command),
        CommandKind.DropDrain => _operations.DropDrain(command),
        CommandKind.AnnounceBehaviour => _operations.AnnounceBehaviour(command),
        CommandKind.RaiseBehaviour => _operations.RaiseBehaviour(command),
        _ => throw new InvalidOperationException("A kind of the contract is missing here."),
    };
}
