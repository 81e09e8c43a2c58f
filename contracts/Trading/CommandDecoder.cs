using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// The first gate of admission: whether bytes are a command in its one canonical form. It reads nothing but the bytes,
/// so every member, gateway and replay gives the same answer.
/// </summary>
public static class CommandDecoder
{
    private const int HeaderSize = 64;
    private const int SessionOffset = 20;
    private const int StampOffset = 24;
    private const int KeyOffset = 32;

    // By kind; all zero where there is no such kind, which no command's first four bytes can be.
    private static readonly Expectation[] Heads = Build();

    // The eight bytes of PlaceOrder from Side to Reserved1, lowest first: side, type, time in force, self-trade
    // prevention, flags, reserved. A bit of the mask that is set is a bit that no defined value has; the excess carries
    // the values between the last defined one and the next power of two into such a bit: type > 5, prevention > 4.
    private const ulong TermsMask = 0xFFFF_FFFE_F8FC_F8FE;
    private const ulong TermsExcess = 0x0000_0000_0300_0200;

    // Which of session (1), stamp (2) and key (4) may be set: one bit per combination, one byte per dedup mode.
    private const uint IdentityAllowed =
        (1u << 0) | (1u << 3 << 8) | (((1u << 4) | (1u << 6)) << 16);

    /// <summary>Checks length, kind, version and canonical form.</summary>
    /// <param name="command">One command as <see cref="BatchReader"/> yields it; any bytes.</param>
    /// <returns>
    /// <see cref="RejectCode.Malformed"/>, <see cref="RejectCode.UnsupportedVersion"/>,
    /// <see cref="RejectCode.NotCanonical"/> or <see cref="RejectCode.None"/>. Never throws.
    /// </returns>
    public static RejectCode Check(ReadOnlySpan<byte> command)
    {
        if (command.Length < HeaderSize)
        {
            return RejectCode.Malformed;
        }

        // Unchecked: an index of one byte is within the table, and the small sums cannot overflow; a check would make
        // the common way save registers for the call it never makes.
        unchecked
        {
            ref var first = ref MemoryMarshal.GetReference(command);
            var head = Unsafe.ReadUnaligned<uint>(ref first);
            ref readonly var expected = ref Unsafe.Add(
                ref MemoryMarshal.GetArrayDataReference(Heads), (nint)(byte)(head >> 16));
            if (head != expected.Head || (ushort)head != command.Length)
            {
                return RefuseHead(head, expected.Head, command.Length);
            }

            // The three reserved bytes stand above the mode: where one is set, the word exceeds every mode.
            var dedup = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, 4));
            if (dedup > expected.DedupMax || !IdentityFits((int)dedup, ref first))
            {
                return RejectCode.NotCanonical;
            }

            if (expected.IsPlace)
            {
                return AreTerms(in As<PlaceOrder>(ref first).Side) ? RejectCode.None : RejectCode.NotCanonical;
            }

            if (expected.NamesOrder)
            {
                return IsNamedOnce(ref first) ? RejectCode.None : RejectCode.NotCanonical;
            }

            return CheckOther(ref first);
        }
    }

    private static Expectation[] Build()
    {
        var heads = new Expectation[256];
        foreach (var kind in CommandRules.Kinds)
        {
            ref readonly var rule = ref CommandRules.Of(kind);
            var head = (uint)rule.Size | ((uint)kind << 16) | ((uint)CommandHeader.CurrentVersion << 24);
            heads[(int)kind] = new Expectation(
                head,
                rule.NeedsIdentity ? DedupMode.Keyed : DedupMode.None,
                IsPlace: kind is CommandKind.PlaceOrder or CommandKind.TestOrder,
                NamesOrder: kind is CommandKind.CancelOrder or CommandKind.AmendOrder or CommandKind.ReplaceOrder);
        }

        return heads;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RejectCode RefuseHead(uint head, uint expected, int length) =>
        (head & 0xFFFF) != (uint)length || (head & 0xFFFF) != (expected & 0xFFFF)
            ? RejectCode.Malformed
            : RejectCode.UnsupportedVersion;

    // Without branches: the modes of a mixed flow cannot be predicted. Which of session, stamp and key are set.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IdentityFits(int dedup, ref byte first)
    {
        var session = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, SessionOffset));
        var stamp = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, StampOffset));
        var key = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, KeyOffset))
            | Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, KeyOffset + sizeof(ulong)));
        var present = (session != 0 ? 1 : 0) + (stamp != 0 ? 2 : 0) + (key != 0 ? 4 : 0);
        return ((IdentityAllowed >> unchecked((dedup * 8) + present)) & 1) != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AreTerms(ref readonly Side side)
    {
        var terms = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<Side, byte>(ref Unsafe.AsRef(in side)));

        // Unchecked: a carry out of the top can only come of bytes that the mask refuses anyway.
        return ((terms | unchecked(terms + TermsExcess)) & TermsMask) == 0;
    }

    // CancelOrder is the head of AmendOrder and ReplaceOrder as well.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsNamedOnce(ref byte first)
    {
        var order = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, HeaderSize));
        var client = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, HeaderSize + 8))
            | Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, HeaderSize + 16));
        return (order != 0) != (client != 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RejectCode CheckOther(ref byte first) =>
        IsCanonicalOther(As<CommandHeader>(ref first).Kind, ref first) ? RejectCode.None : RejectCode.NotCanonical;

    private static bool IsCanonicalOther(CommandKind kind, ref byte first) => kind switch
    {
        CommandKind.CloseSession => As<CloseSession>(ref first).Reserved0 == 0,
        CommandKind.SetSessionConnection => IsCanonical(in As<SetSessionConnection>(ref first)),
        CommandKind.FenceCommand => IsCanonical(in As<FenceCommand>(ref first)),
        CommandKind.CreateAsset => IsCanonical(in As<CreateAsset>(ref first)),
        CommandKind.CreateInstrument => IsCanonical(in As<CreateInstrument>(ref first)),
        CommandKind.SetInstrumentPolicy => IsCanonical(in As<SetInstrumentPolicy>(ref first).Policy),
        CommandKind.SetSymbolMode => IsCanonical(in As<SetSymbolMode>(ref first)),
        CommandKind.SetWithdrawalHalt => IsCanonical(in As<SetWithdrawalHalt>(ref first)),
        CommandKind.OpenAccount => As<OpenAccount>(ref first).Reserved0 == 0,
        CommandKind.SetAccount => As<SetAccount>(ref first).Reserved0 == 0,
        CommandKind.Deposit => As<Deposit>(ref first).Reserved0 == 0,
        CommandKind.Withdraw => As<Withdraw>(ref first).Reserved0 == 0,
        CommandKind.ProposeAdjustment => As<ProposeAdjustment>(ref first).Reserved0 == 0,
        CommandKind.DecideAdjustment => IsCanonical(in As<DecideAdjustment>(ref first)),
        CommandKind.CreateUser => As<CreateUser>(ref first).Reserved0 == 0,
        CommandKind.SetUser => IsCanonical(in As<SetUser>(ref first)),
        CommandKind.CreateApiKey => As<CreateApiKey>(ref first).Reserved0 == 0,
        CommandKind.ClaimDrain => As<ClaimDrain>(ref first).Reserved0 == 0,
        CommandKind.AdvanceDrain => As<AdvanceDrain>(ref first).Reserved0 == 0,
        CommandKind.DropDrain => As<DropDrain>(ref first).Reserved0 == 0,
        CommandKind.AnnounceBehaviour => IsCanonical(in As<AnnounceBehaviour>(ref first)),
        CommandKind.RaiseBehaviour => As<RaiseBehaviour>(ref first).Reserved0 == 0,
        _ => true,
    };

    private static bool IsCanonical(ref readonly SetSessionConnection command) =>
        command.Connected <= 1 && AreZero(command.Reserved0, command.Reserved1);

    private static bool IsCanonical(ref readonly FenceCommand command) =>
        CommandRules.Of(command.TargetKind).NeedsIdentity
        && command.Target != UInt128.Zero
        && AreZero(command.Reserved0, command.Reserved1, command.Reserved2);

    private static bool IsCanonical(ref readonly CreateAsset command) =>
        AreZero(command.Reserved0, command.Reserved1, command.Reserved2);

    private static bool IsCanonical(ref readonly CreateInstrument command) =>
        command.Mode <= SymbolMode.HardHalt && AreZero(command.Reserved0, command.Reserved1, command.Reserved2);

    private static bool IsCanonical(ref readonly InstrumentPolicy policy) =>
        policy.BreakerMode <= SymbolMode.HardHalt
        && AreZero(policy.Reserved0, policy.Reserved1, policy.Reserved2)
        && (policy.Reserved3 | policy.Reserved4 | policy.Reserved5) == 0;

    private static bool IsCanonical(ref readonly SetSymbolMode command) =>
        command.Mode <= SymbolMode.HardHalt && AreZero(command.Reserved0, command.Reserved1);

    private static bool IsCanonical(ref readonly SetWithdrawalHalt command) =>
        command.Halted <= 1 && AreZero(command.Reserved0, command.Reserved1, command.Reserved2);

    private static bool IsCanonical(ref readonly DecideAdjustment command) =>
        command.Approve <= 1 && AreZero(command.Reserved0, command.Reserved1);

    private static bool IsCanonical(ref readonly SetUser command) =>
        command.Enabled <= 1 && AreZero(command.Reserved0, command.Reserved1, command.Reserved2);

    private static bool IsCanonical(ref readonly AnnounceBehaviour command) =>
        command.Voter <= 1 && AreZero(command.Reserved0, command.Reserved1, command.Reserved2);

    private static bool AreZero(uint left, uint middle, uint right = 0) => (left | middle | right) == 0;

    // The length was checked to be the kind's. Fields are read in place, aligned or not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T As<T>(ref byte first)
        where T : unmanaged => ref Unsafe.As<byte, T>(ref first);

    /// <summary>What a kind's header must begin with, and which form its body has.</summary>
    /// <param name="Head">Its first four bytes: length, kind, version.</param>
    /// <param name="Dedup">The highest dedup mode that the kind takes.</param>
    /// <param name="IsPlace">Whether it is laid out as a place.</param>
    /// <param name="NamesOrder">Whether it begins like a cancel.</param>
    private readonly record struct Expectation(uint Head, DedupMode Dedup, bool IsPlace, bool NamesOrder)
    {
        public uint DedupMax => (uint)Dedup;
    }
}
