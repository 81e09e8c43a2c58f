using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>
/// What the identity of a command says: go on (both null), a refusal, or the reply of the first time.
/// </summary>
internal readonly record struct IdentityVerdict(RejectCode Refusal, CommandResult? Stored)
{
    public static IdentityVerdict Admitted => default;

    public bool IsAdmitted => Refusal == RejectCode.None && Stored is null;

    public static IdentityVerdict Refused(RejectCode code) => new(code, null);

    public static IdentityVerdict Repeated(CommandResult reply) => new(RejectCode.None, reply);
}

/// <summary>Exactly once: sessions, remembered keys and fences.</summary>
internal sealed class Identity(ModelState state)
{
    private const int ForgottenPerEntryMax = 64;

    /// <summary>Forgets what is due, a bounded part of it: more than the entry can add.</summary>
    public void Housekeep(uint commands)
    {
        for (var i = 0; i < ForgottenPerEntryMax + (long)commands; i++)
        {
            if (state.KeyQueue.First?.Value is not { } key || key.Deadline > state.Now)
            {
                break;
            }

            state.Forget(key);
        }

        for (var i = 0; i < ForgottenPerEntryMax + (long)commands; i++)
        {
            if (state.ClientOrderIdQueue.First?.Value is not { } id || id.Deadline > state.Now)
            {
                break;
            }

            state.Forget(id);
            if (state.Orders.ContainsKey(id.Order))
            {
                id.Deadline = state.Now + state.Policy.ClientOrderIdRetention;
                state.Remember(id);
            }
        }
    }

    /// <summary>Judges a command's identity; an admitted one is noted.</summary>
    public IdentityVerdict Admit(Command command) => command.Header.Dedup switch
    {
        DedupMode.Session => AdmitInSession(command.Header),
        DedupMode.Keyed => AdmitKeyed(command),
        _ => IdentityVerdict.Admitted,
    };

    /// <summary>Stores the reply of an admitted command.</summary>
    public void Store(Command command, CommandResult reply)
    {
        var header = command.Header;
        if (header.Dedup == DedupMode.Session
            && state.Sessions.TryGetValue(header.Session.Value, out var session))
        {
            session.Replies[header.Stamp] = reply;
            if (header.Stamp > ModelSession.Window)
            {
                session.Replies.Remove(header.Stamp - ModelSession.Window);
            }
        }
        else if (header.Dedup == DedupMode.Keyed)
        {
            state.Keys[KeyOf(header)].Reply = reply;
        }
    }

    /// <summary>Decides a fence. Never admitted: its answer is a refusal or the target's reply.</summary>
    public IdentityVerdict Fence(Command command)
    {
        var fence = command.As<FenceCommand>();
        var header = command.Header;
        var target = CommandIdentity.OfKey(header.Account, fence.TargetKind, header.Instrument, fence.Target);
        if (RefusalOfStamp(fence.TargetCreatedAt) is var refusal && refusal != RejectCode.None)
        {
            return IdentityVerdict.Refused(refusal);
        }

        if (state.Keys.TryGetValue(target, out var known))
        {
            return known.Fenced
                ? IdentityVerdict.Refused(RejectCode.NeverEntered)
                : IdentityVerdict.Repeated(known.Reply);
        }

        if (IsFull(fence.TargetKind, header))
        {
            return IdentityVerdict.Refused(RejectCode.IdempotencyFull);
        }

        Remember(target, fence.TargetKind, header, fence.TargetCreatedAt, fenced: true, fingerprint: 0);
        return IdentityVerdict.Refused(RejectCode.NeverEntered);
    }

    public static UInt128 KeyOf(in CommandHeader header) =>
        CommandIdentity.OfKey(header.Account, header.Kind, header.Instrument, header.Key);

    private IdentityVerdict AdmitInSession(in CommandHeader header)
    {
        if (!state.Sessions.TryGetValue(header.Session.Value, out var session)
            || session.Account != header.Account.Value
            || session.User != header.User.Value)
        {
            return IdentityVerdict.Refused(RejectCode.UnknownSession);
        }

        var number = header.Stamp;
        if (number > session.Next)
        {
            return IdentityVerdict.Refused(RejectCode.SessionGap);
        }

        if (number + ModelSession.Window < session.Next)
        {
            return IdentityVerdict.Refused(RejectCode.SessionWindowPassed);
        }

        if (number < session.Next)
        {
            return IdentityVerdict.Repeated(session.Replies[number]);
        }

        session.Next++;
        session.Connected = true;
        session.GraceDeadline = null;
        return IdentityVerdict.Admitted;
    }

    private IdentityVerdict AdmitKeyed(Command command)
    {
        var header = command.Header;
        if (RefusalOfStamp(header.Stamp) is var refusal && refusal != RejectCode.None)
        {
            return IdentityVerdict.Refused(refusal);
        }

        var fingerprint = CommandIdentity.Fingerprint(command.Bytes);
        if (state.Keys.TryGetValue(KeyOf(header), out var known))
        {
            if (known.Fenced)
            {
                return IdentityVerdict.Refused(RejectCode.CommandFenced);
            }

            return known.Fingerprint != fingerprint
                ? IdentityVerdict.Refused(RejectCode.KeyReused)
                : IdentityVerdict.Repeated(known.Reply);
        }

        if (IsFull(header.Kind, header))
        {
            return IdentityVerdict.Refused(RejectCode.IdempotencyFull);
        }

        Remember(KeyOf(header), header.Kind, header, header.Stamp, fenced: false, fingerprint);
        return IdentityVerdict.Admitted;
    }

    private RejectCode RefusalOfStamp(ulong stamp)
    {
        var refusals = new Refusals();
        refusals.Add(
            RejectCode.StaleCommand,
            stamp < state.StampFloor || (Int128)stamp + state.Policy.KeyRetention < state.Now);
        refusals.Add(RejectCode.CreatedInFuture, stamp > (Int128)state.Now + state.Policy.ClockLeadMax);
        return refusals.Any ? refusals.Lowest.Code : RejectCode.None;
    }

    private bool IsFull(CommandKind kind, in CommandHeader header)
    {
        var place = PlaceOf(kind, header);
        var isTraders = place.User == 0 && !place.OfStaff;
        var most = isTraders ? state.Policy.KeysMax : Math.Max(state.Policy.KeysMax, TableLimits.StaffKeysLeast);
        var all = isTraders ? TableLimits.TraderKeysMax : TableLimits.KeysMax;
        return state.KeyCountOf(place) >= most || state.Keys.Count >= all;
    }

    private static KeyPlace PlaceOf(CommandKind kind, in CommandHeader header) => header.Account.Value == 0
        ? new KeyPlace(Account: 0, header.User.Value, OfStaff: false)
        : new KeyPlace(header.Account.Value, User: 0, CommandRules.Of(kind).Role != Roles.Trader);

    private void Remember(
        UInt128 id, CommandKind kind, in CommandHeader header, ulong stamp, bool fenced, ulong fingerprint) =>
        state.Remember(new ModelKey
        {
            CommandId = id,
            Place = PlaceOf(kind, header),
            Stamp = stamp,
            Deadline = Math.Max(state.Now, (long)stamp) + state.Policy.KeyRetention,
            Fenced = fenced,
            Fingerprint = fingerprint,
        });
}
