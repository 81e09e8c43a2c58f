using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Leads each kind of admitted command to what decides it, and tells of refusals.</summary>
internal sealed class CommandTable
{
    private readonly ExchangeState _state;
    private readonly EventWriter _events;
    private readonly Market _market;
    private readonly OrderPlacement _placement;
    private readonly OrderChanges _changes;
    private readonly Administration _administration;
    private readonly Funds _funds;
    private readonly Sessions _sessions;
    private readonly Services _services;
    private readonly Membership _membership;

    public CommandTable(
        ExchangeState state,
        EventWriter events,
        OpenOrders openOrders,
        Market market,
        OrderChanges changes,
        KeyMemory keys)
    {
        _state = state;
        _events = events;
        _market = market;
        _changes = changes;
        _placement = new OrderPlacement(state, events, openOrders, market, keys);
        _administration = new Administration(state, events);
        _funds = new Funds(state, events, _administration);
        _sessions = new Sessions(state, _administration);
        _services = new Services(state, _administration);
        _membership = new Membership(state, _administration);
    }

    /// <summary>Takes over a committed configuration of the membership.</summary>
    public void Configure(ReadOnlySpan<byte> payload) => _membership.Configure(payload);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RejectCode Decide(ReadOnlySpan<byte> command, in CommandHeader header, ref CommandResult result)
    {
        switch (header.Kind)
        {
            case CommandKind.PlaceOrder:
                return _placement.Place(in As<PlaceOrder>(command), isTest: false, ref result);
            case CommandKind.CancelOrder:
                return _changes.Cancel(in As<CancelOrder>(command), ref result);
            case CommandKind.ReplaceOrder:
                return _changes.Replace(in As<ReplaceOrder>(command), ref result);
            case CommandKind.AmendOrder:
                return _changes.Amend(in As<AmendOrder>(command), ref result);
            case CommandKind.TestOrder:
                return _placement.Place(in As<PlaceOrder>(command), isTest: true, ref result);
            default:
                return DecideOther(command, in header, ref result);
        }
    }

    /// <summary>The event of a refusal, with its receipt.</summary>
    public void AppendRejected(ReadOnlySpan<byte> command, in CommandHeader header, RejectCode code)
    {
        var kind = header.Kind <= CommandKind.CancelAll ? EventKind.OrderRejected : EventKind.CommandRejected;
        var number = header.Instrument.Value;
        var hasInstrument = _state.HasInstrument(number);
        ref var rejected = ref hasInstrument
            ? ref _events.Append<CommandRejected>(kind, number, ref _state.Instruments.Write((int)number))
            : ref _events.AppendSystem<CommandRejected>(kind);
        rejected.Account = header.Account;
        rejected.Code = code;
        rejected.Kind = header.Kind;
        rejected.Reserved0 = 0;
        rejected.Target = TargetOf(command, header.Kind);
        rejected.ClientOrderId = ClientOrderIdOf(command, header.Kind);
        rejected.PolicyHash = hasInstrument
            ? _state.Instruments.At((int)number).PolicyHash
            : _state.GlobalPolicyHash;
        rejected.User = header.User;
        rejected.Reserved1 = 0;
        rejected.Actual = _state.Refusal.Actual;
        rejected.Limit = _state.Refusal.Limit;
        if (code == RejectCode.PriceBand)
        {
            _market.CountViolation(number);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private RejectCode DecideOther(ReadOnlySpan<byte> command, in CommandHeader header, ref CommandResult result)
    {
        // Nothing else changes who may do what: accounts keep their owners, and a session's record goes with it.
        _state.AuthorityVersion += header.Kind == CommandKind.SetUser ? 1UL : 0;
        var decision = InstrumentFits(in header)
            ? DecideOther(command, in header)
            : Decision.Reject(RejectCode.UnknownInstrument);
        result.Id = decision.Id;
        return decision.Code == RejectCode.None
            ? RejectCode.None
            : _state.Refusal.Of(decision.Code, decision.Actual, decision.Limit);
    }

    private Decision DecideOther(ReadOnlySpan<byte> command, in CommandHeader header) =>
        header.Kind switch
        {
            CommandKind.CancelAll => _changes.CancelAll(in header),
            CommandKind.SetDeadManSwitch => _sessions.SetDeadMan(in As<SetDeadManSwitch>(command)),
            CommandKind.OpenSession => _sessions.Open(in As<OpenSession>(command)),
            CommandKind.CloseSession => _sessions.Close(in As<CloseSession>(command)),
            CommandKind.SetSessionConnection => _sessions.SetConnection(in As<SetSessionConnection>(command)),
            CommandKind.CreateAsset => _administration.CreateAsset(in As<CreateAsset>(command)),
            CommandKind.CreateInstrument => _administration.CreateInstrument(in As<CreateInstrument>(command)),
            CommandKind.SetInstrumentPolicy => _administration.SetInstrumentPolicy(in As<SetInstrumentPolicy>(command)),
            CommandKind.SetGlobalPolicy => _administration.SetGlobalPolicy(in As<SetGlobalPolicy>(command)),
            CommandKind.SetFeeSchedule => _administration.SetFeeSchedule(in As<SetFeeSchedule>(command)),
            CommandKind.SetSymbolMode => SetMode(in As<SetSymbolMode>(command)),
            CommandKind.SetReferencePrice => SetReference(in As<SetReferencePrice>(command)),
            CommandKind.SetWithdrawalHalt => _administration.SetWithdrawalHalt(in As<SetWithdrawalHalt>(command)),
            CommandKind.OpenAccount => _administration.OpenAccount(in As<OpenAccount>(command)),
            CommandKind.SetAccount => _administration.SetAccount(in As<SetAccount>(command)),
            CommandKind.Deposit => _funds.Deposit(in As<Deposit>(command)),
            CommandKind.Withdraw => _funds.Withdraw(in As<Withdraw>(command)),
            CommandKind.ProposeAdjustment => _funds.Propose(in As<ProposeAdjustment>(command)),
            CommandKind.DecideAdjustment => _funds.Decide(in As<DecideAdjustment>(command)),
            CommandKind.CreateUser => _administration.CreateUser(in As<CreateUser>(command)),
            CommandKind.SetUser => _administration.SetUser(in As<SetUser>(command)),
            CommandKind.CreateApiKey => _administration.CreateApiKey(in As<CreateApiKey>(command)),
            CommandKind.RevokeApiKey => _administration.RevokeApiKey(in As<RevokeApiKey>(command)),
            CommandKind.ClaimDrain => _services.Claim(in As<ClaimDrain>(command)),
            CommandKind.AdvanceDrain => _services.Advance(in As<AdvanceDrain>(command)),
            CommandKind.DropDrain => _services.Drop(in As<DropDrain>(command)),
            CommandKind.AnnounceBehaviour => _membership.Announce(in As<AnnounceBehaviour>(command)),
            CommandKind.RaiseBehaviour => _membership.Raise(in As<RaiseBehaviour>(command)),
            _ => Decision.Reject(RejectCode.Malformed),
        };

    private bool InstrumentFits(in CommandHeader header)
    {
        var number = header.Instrument.Value;
        return CommandRules.Of(header.Kind).Instrument switch
        {
            Scope.None => number == 0,
            Scope.Optional => (number == 0 && header.Account.Value != 0) || _state.HasInstrument(number),
            _ => _state.HasInstrument(number),
        };
    }

    private Decision SetMode(in SetSymbolMode command)
    {
        _market.ChangeMode(command.Header.Instrument.Value, command.Mode, ChangeCause.Operator, command.Reason);
        return Decision.Accept(command.Header.Instrument.Value);
    }

    private Decision SetReference(in SetReferencePrice command)
    {
        if (!OrderChecks.IsPrice(command.Price.Ticks))
        {
            return Decision.Reject(RejectCode.InvalidValue);
        }

        _market.MoveReference(command.Header.Instrument.Value, command.Price.Ticks, ChangeCause.Operator);
        return Decision.Accept(command.Header.Instrument.Value);
    }

    private static ref readonly T As<T>(ReadOnlySpan<byte> command)
        where T : unmanaged => ref MemoryMarshal.AsRef<T>(command);

    private static ulong TargetOf(ReadOnlySpan<byte> command, CommandKind kind) => kind switch
    {
        CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder =>
            As<CancelOrder>(command).OrderId.Value,
        CommandKind.CloseSession => As<CloseSession>(command).Session.Value,
        CommandKind.SetSessionConnection => As<SetSessionConnection>(command).Session.Value,
        CommandKind.DecideAdjustment => As<DecideAdjustment>(command).Proposal,
        CommandKind.SetUser => As<SetUser>(command).Target.Value,
        CommandKind.ClaimDrain => As<ClaimDrain>(command).Drain,
        CommandKind.AdvanceDrain => As<AdvanceDrain>(command).Drain,
        CommandKind.DropDrain => As<DropDrain>(command).Drain,
        CommandKind.OpenAccount => As<OpenAccount>(command).Owner.Value,
        CommandKind.CreateApiKey => Words.Low(As<CreateApiKey>(command).ApiKey),
        CommandKind.RevokeApiKey => Words.Low(As<RevokeApiKey>(command).ApiKey),
        _ => 0,
    };

    private static UInt128 ClientOrderIdOf(ReadOnlySpan<byte> command, CommandKind kind) => kind switch
    {
        CommandKind.PlaceOrder => As<PlaceOrder>(command).ClientOrderId,
        CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder =>
            As<CancelOrder>(command).ClientOrderId,
        _ => 0,
    };
}
