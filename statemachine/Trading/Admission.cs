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

/// <summary>Where a decided command's reply is kept.</summary>
internal struct Admitted
{
    public AdmissionKind Kind;

    /// <summary>Session or key slot.</summary>
    public int Slot;

    public UInt128 CommandId;
}

/// <summary>
/// Who acts, whether it may, and whether the command is new: everything before its content is looked at.
/// </summary>
internal sealed class Admission(ExchangeState state, KeyMemory keys)
{
    public Admitted Admit(ReadOnlySpan<byte> command, in CommandHeader header, ref CommandResult result)
    {
        result.Code = Authority(command, in header);
        if (result.Code != RejectCode.None)
        {
            return default;
        }

        switch (header.Dedup)
        {
            case DedupMode.Session:
                return AdmitInSession(in header, ref result);
            case DedupMode.Keyed:
                return AdmitKeyed(command, in header, ref result);
            default:
                result.Code = CommandRules.Of(header.Kind).NeedsIdentity
                    ? RejectCode.IdentityRequired
                    : RejectCode.None;
                return new Admitted
                {
                    Kind = result.Code == RejectCode.None ? AdmissionKind.Plain : AdmissionKind.Answered,
                    CommandId = Causation.OfPlace(state.Globals.Index, result.Offset),
                };
        }
    }

    /// <summary>Keeps the reply of an admitted command, for its repeats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(in Admitted admitted, in CommandHeader header, in CommandResult result)
    {
        if (admitted.Kind == AdmissionKind.Session)
        {
            // The command may have closed its own session.
            if (state.Sessions.At(admitted.Slot).Id == header.Session.Value)
            {
                state.Replies.Write(ReplySlot(admitted.Slot, header.Stamp)).Result = result;
            }
        }
        else if (admitted.Kind == AdmissionKind.Keyed)
        {
            state.Keys.Write(admitted.Slot).Result = result;
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
        else if (keys.IsFull(command.TargetKind, header.Account.Value))
        {
            result.Code = RejectCode.IdempotencyFull;
            return;
        }
        else
        {
            keys.Remember(
                id,
                command.TargetKind,
                header.Account.Value,
                fingerprint: 0,
                command.TargetCreatedAt,
                Deadline(command.TargetCreatedAt),
                isFenced: true);
        }

        result.Code = RejectCode.NeverEntered;
    }

    public static int ReplySlot(int session, ulong number) =>
        (session * Session.Window) + (int)(number % Session.Window);

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Admitted AdmitInSession(in CommandHeader header, ref CommandResult result)
    {
        var slot = state.FindSession(header.Session.Value);
        if (slot < 0
            || state.Sessions.At(slot).Account != header.Account.Value
            || state.Sessions.At(slot).User != header.User.Value)
        {
            result.Code = RejectCode.UnknownSession;
            return default;
        }

        ref var session = ref state.Sessions.At(slot);
        if (header.Stamp != session.Next)
        {
            Repeat(slot, in session, header.Stamp, ref result);
            return default;
        }

        session = ref state.Sessions.Write(slot);
        session.Next++;
        if (session.Disconnected != 0)
        {
            session.Disconnected = 0;
            session.GraceDeadline = 0;
            state.Graces.Remove(slot);
        }

        return new Admitted
        {
            Kind = AdmissionKind.Session,
            Slot = slot,
            CommandId = Causation.OfSession(header.Session.Value, header.Stamp),
        };
    }

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

    private Admitted AdmitKeyed(ReadOnlySpan<byte> command, in CommandHeader header, ref CommandResult result)
    {
        result.Code = StampCode(header.Stamp);
        if (result.Code != RejectCode.None)
        {
            return default;
        }

        var id = CommandIdentity.OfKey(header.Account, header.Kind, header.Instrument, header.Key);
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

            return default;
        }

        if (keys.IsFull(header.Kind, header.Account.Value))
        {
            result.Code = RejectCode.IdempotencyFull;
            return default;
        }

        slot = keys.Remember(
            id, header.Kind, header.Account.Value, fingerprint, header.Stamp, Deadline(header.Stamp), isFenced: false);
        return new Admitted { Kind = AdmissionKind.Keyed, Slot = slot, CommandId = id };
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
