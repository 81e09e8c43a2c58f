using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>How a command that passed the decoder goes on.</summary>
internal enum AdmissionKind : byte
{
    /// <summary>Refused, or answered from what is stored: the result is complete.</summary>
    Answered,

    /// <summary>To be decided; nothing is stored for it.</summary>
    Plain,

    /// <summary>To be decided; the reply goes to a session's window.</summary>
    Session,

    /// <summary>To be decided; the reply goes to a remembered key.</summary>
    Keyed,
}

/// <summary>
/// Who acts, whether it may, and whether the command is new: everything before its content is looked at.
/// </summary>
internal sealed class Admission(ExchangeState state, KeyMemory keys)
{
    // Of the command admitted last: session or key slot, and its id.
    private int _slot;

    public UInt128 CommandId { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public AdmissionKind Admit(
        ReadOnlySpan<byte> command, in CommandHeader header, ref Upcoming found, ref CommandResult result)
    {
        // What the lookahead found is a hint: the session may have been closed, and another opened in its place.
        if (header.Dedup == DedupMode.Session && IsOnOrders(header.Kind) && found.Session >= 0)
        {
            ref var session = ref state.Sessions.At(found.Session);
            if (session.Id == header.Session.Value
                && session.AuthorityVersion == state.AuthorityVersion
                && session.Account == header.Account.Value
                && session.User == header.User.Value)
            {
                return AdmitInSession(found.Session, in header, ref result);
            }
        }

        return AdmitUnknown(command, in header, ref found, ref result);
    }

    /// <summary>Keeps the reply of an admitted command, for its repeats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(AdmissionKind kind, in CommandHeader header, in CommandResult result)
    {
        if (kind == AdmissionKind.Session)
        {
            // A command that is not on orders may have closed its own session.
            if (IsOnOrders(header.Kind) || state.Sessions.At(_slot).Id == header.Session.Value)
            {
                Copy(in result, ref state.Replies.Write(ReplySlot(_slot, header.Stamp)).Result);
            }
        }
        else if (kind == AdmissionKind.Keyed)
        {
            state.Keys.Write(_slot).Result = result;
        }
    }

    // Field by field: the fields have just been written, and a wider load would wait until they are in the cache.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(in CommandResult result, ref CommandResult place)
    {
        place.Code = result.Code;
        place.Kind = result.Kind;
        place.Status = result.Status;
        place.Offset = result.Offset;
        place.Index = result.Index;
        place.Id = result.Id;
        place.Sequence = result.Sequence;
        place.Executed = result.Executed;
        place.Remaining = result.Remaining;
        place.Notional = result.Notional;
    }

    // All of them are a trader's, for an account of his.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsOnOrders(CommandKind kind) =>
        kind is CommandKind.PlaceOrder
            or CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private AdmissionKind AdmitUnknown(
        ReadOnlySpan<byte> command, in CommandHeader header, ref Upcoming found, ref CommandResult result)
    {
        result.Code = Authority(command, in header);
        if (result.Code != RejectCode.None)
        {
            return AdmissionKind.Answered;
        }

        switch (header.Dedup)
        {
            case DedupMode.Session:
                return AdmitInSession(in header, ref result);
            case DedupMode.Keyed:
                return AdmitKeyed(command, in header, in found, ref result);
            default:
                if (CommandRules.Of(header.Kind).NeedsIdentity)
                {
                    result.Code = RejectCode.IdentityRequired;
                    return AdmissionKind.Answered;
                }

                CommandId = Causation.OfPlace(state.Globals.Index, result.Offset);
                return AdmissionKind.Plain;
        }
    }

    /// <summary>Answers a fence: the stored reply, or that the command never entered and now never will.</summary>
    public void Fence(in FenceCommand command, ref CommandResult result)
    {
        ref readonly var header = ref command.Header;
        result.Code = StampCode(command.TargetCreatedAt);
        if (result.Code != RejectCode.None)
        {
            return;
        }

        var id = CommandIdentity.OfKey(header.Account, command.TargetKind, header.Instrument, command.Target);
        var slot = state.FindKey(id);
        if (slot >= 0)
        {
            if (state.Keys.At(slot).Fenced == 0)
            {
                result = state.Keys.At(slot).Result;
                return;
            }
        }
        else if (keys.IsFull(command.TargetKind, in header))
        {
            result.Code = RejectCode.IdempotencyFull;
            return;
        }
        else
        {
            keys.Remember(
                id,
                command.TargetKind,
                in header,
                fingerprint: 0,
                command.TargetCreatedAt,
                Deadline(command.TargetCreatedAt),
                isFenced: true);
        }

        result.Code = RejectCode.NeverEntered;
    }

    public static int ReplySlot(int session, ulong number) =>
        unchecked((session * Session.Window) + (int)(number % Session.Window));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RejectCode Authority(ReadOnlySpan<byte> command, in CommandHeader header)
    {
        var user = header.User.Value;
        if (user == 0 || user > state.Globals.Users || state.Users.At((int)user).Enabled == 0)
        {
            return RejectCode.UnknownUser;
        }

        ref readonly var rule = ref CommandRules.Of(header.Kind);
        var roles = state.Users.At((int)user).Roles;
        var account = header.Account.Value;
        var mustOwn = rule.Role == Roles.Trader;
        if (header.Kind is CommandKind.CancelAll or CommandKind.FenceCommand)
        {
            return SpecialAuthority(command, in header, roles);
        }

        if ((roles & rule.Role) == 0)
        {
            return RejectCode.NotAuthorized;
        }

        if (rule.Account == Scope.Required ? !state.HasAccount(account) : account != 0)
        {
            return RejectCode.UnknownAccount;
        }

        return mustOwn && state.Accounts.At((int)account).Owner != user ? RejectCode.NotOwner : RejectCode.None;
    }

    // Cancel-all without an account is an operator's; a fence may come from a service, or for an account from its
    // owner: then of a trader's kind, so that no owner can fence what officers are about to send.
    private RejectCode SpecialAuthority(ReadOnlySpan<byte> command, in CommandHeader header, Roles roles)
    {
        var account = header.Account.Value;
        var asTrader = account != 0
            && (roles & Roles.Trader) != 0
            && (header.Kind != CommandKind.FenceCommand
                || CommandRules.Of(MemoryMarshal.AsRef<FenceCommand>(command).TargetKind).Role == Roles.Trader);
        var mayWithoutOwning = header.Kind == CommandKind.FenceCommand
            ? (roles & Roles.Service) != 0
            : account == 0 && (roles & Roles.Operator) != 0;
        if (!asTrader && !mayWithoutOwning)
        {
            return RejectCode.NotAuthorized;
        }

        if (account != 0 && !state.HasAccount(account))
        {
            return RejectCode.UnknownAccount;
        }

        return !mayWithoutOwning && state.Accounts.At((int)account).Owner != header.User.Value
            ? RejectCode.NotOwner
            : RejectCode.None;
    }

    private AdmissionKind AdmitInSession(in CommandHeader header, ref CommandResult result)
    {
        var slot = state.FindSession(header.Session.Value);
        if (slot < 0
            || state.Sessions.At(slot).Account != header.Account.Value
            || state.Sessions.At(slot).User != header.User.Value)
        {
            result.Code = RejectCode.UnknownSession;
            return AdmissionKind.Answered;
        }

        if (IsOnOrders(header.Kind))
        {
            state.Sessions.At(slot).AuthorityVersion = state.AuthorityVersion;
        }

        return AdmitInSession(slot, in header, ref result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private AdmissionKind AdmitInSession(int slot, in CommandHeader header, ref CommandResult result)
    {
        ref var session = ref state.Sessions.At(slot);
        if (header.Stamp != session.Next)
        {
            Repeat(slot, in session, header.Stamp, ref result);
            return AdmissionKind.Answered;
        }

        state.Sessions.Touch(slot);
        session.Next++;
        if (session.Disconnected != 0)
        {
            session.Disconnected = 0;
            session.GraceDeadline = 0;
            state.Graces.Remove(slot);
        }

        _slot = slot;
        CommandId = Causation.OfSession(header.Session.Value, header.Stamp);
        return AdmissionKind.Session;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Repeat(int slot, in Session session, ulong stamp, ref CommandResult result)
    {
        if (stamp > session.Next)
        {
            result.Code = RejectCode.SessionGap;
        }
        else if (stamp + Session.Window < session.Next)
        {
            result.Code = RejectCode.SessionWindowPassed;
        }
        else
        {
            result = state.Replies.At(ReplySlot(slot, stamp)).Result;
        }
    }

    private AdmissionKind AdmitKeyed(
        ReadOnlySpan<byte> command, in CommandHeader header, in Upcoming found, ref CommandResult result)
    {
        result.Code = StampCode(header.Stamp);
        if (result.Code != RejectCode.None)
        {
            return AdmissionKind.Answered;
        }

        // A function of the header alone, so the lookahead could compute it.
        var id = found.Key;
        var fingerprint = CommandIdentity.Fingerprint(command);
        var slot = state.FindKey(id);
        if (slot >= 0)
        {
            ref var key = ref state.Keys.At(slot);
            if (key.Fenced != 0)
            {
                result.Code = RejectCode.CommandFenced;
            }
            else if (key.Fingerprint != fingerprint)
            {
                result.Code = RejectCode.KeyReused;
            }
            else
            {
                result = key.Result;
            }

            return AdmissionKind.Answered;
        }

        if (keys.IsFull(header.Kind, in header))
        {
            result.Code = RejectCode.IdempotencyFull;
            return AdmissionKind.Answered;
        }

        _slot = keys.Remember(
            id, header.Kind, in header, fingerprint, header.Stamp, Deadline(header.Stamp), isFenced: false);
        CommandId = id;
        return AdmissionKind.Keyed;
    }

    // Stamps are unsigned 64 bits, log time is signed: 128 bits compare them without overflow.
    private RejectCode StampCode(ulong stamp)
    {
        ref var globals = ref state.Globals;
        if (stamp < globals.StampFloor || (Int128)stamp + globals.Policy.KeyRetention < globals.Timestamp)
        {
            return RejectCode.StaleCommand;
        }

        return stamp > (Int128)globals.Timestamp + globals.Policy.ClockLeadMax
            ? RejectCode.CreatedInFuture
            : RejectCode.None;
    }

    // A stamp is at most the lead ahead of now; a sum beyond the range of time is never reached, so it may stop there.
    private long Deadline(ulong stamp)
    {
        var deadline = Int128.Max(stamp, state.Globals.Timestamp) + state.Globals.Policy.KeyRetention;
        return (long)Int128.Min(deadline, long.MaxValue);
    }
}
