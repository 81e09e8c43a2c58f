using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests.Driving;

/// <summary>
/// Inputs that no honest sender makes: noise, valid commands with bytes changed, cut or padded, lengths that lie, and
/// commands whose every field is drawn by itself. It looks at the state only to name things that exist.
/// </summary>
internal sealed class ByteFuzz(Dice dice, ExchangeState state, IReadOnlyList<Entry> log)
{
    private const int HeaderSize = 64;

    private readonly byte[][] _pool = Split(log);
    private UInt128 _keys = (UInt128)1 << 100;

    /// <summary>One input; it may hold more or less than one command.</summary>
    public byte[] Next(long now) => dice.Below(8) switch
    {
        0 => Noise(dice.Below(300)),
        1 => Mutated(Refreshed(now)),
        2 => Cut(Refreshed(now)),
        3 => [.. Refreshed(now), .. Noise(dice.Below(100))],
        4 => WithLength(Refreshed(now)),
        5 => Refreshed(now),
        _ => Drawn(now),
    };

    /// <summary>
    /// Whether an input may say of a member that it applies a version which this build does not: with it, raises stop
    /// the machine as they must. An input may be read as several commands, or its start as the end of another.
    /// </summary>
    public static bool MayAnnounceMore(ReadOnlySpan<byte> input)
    {
        for (var at = 0; at + HeaderSize + sizeof(ulong) <= input.Length; at++)
        {
            if (input[at + 2] == (byte)CommandKind.AnnounceBehaviour
                && input[at + 3] == CommandHeader.CurrentVersion
                && MemoryMarshal.Read<uint>(input[(at + HeaderSize + sizeof(uint))..]) > Membership.BehaviourMax)
            {
                return true;
            }
        }

        return false;
    }

    private static byte[][] Split(IReadOnlyList<Entry> log)
    {
        var pool = new List<byte[]>();
        foreach (var entry in log)
        {
            var reader = new BatchReader(entry.Payload);
            while (reader.TryRead(out var command))
            {
                pool.Add([.. command]);
            }
        }

        return [.. pool.Where(command => command.Length >= HeaderSize)];
    }

    private byte[] Noise(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)dice.Below(256);
        }

        return bytes;
    }

    // A command of the log; with a key of its own it is new.
    private byte[] Refreshed(long now)
    {
        byte[] command = [.. dice.Pick(_pool)];
        ref var header = ref MemoryMarshal.AsRef<CommandHeader>(command.AsSpan());
        if (header.Dedup == DedupMode.Keyed && !dice.OnceIn(4))
        {
            header.Key = ++_keys;
            header.Stamp = (ulong)now;
        }

        return command;
    }

    private byte[] Mutated(byte[] command)
    {
        for (var i = 1 + dice.Below(3); i > 0; i--)
        {
            command[dice.Below(command.Length)] ^= (byte)(1 << dice.Below(8));
        }

        return command;
    }

    private byte[] Cut(byte[] command) => command[..dice.Below(command.Length)];

    private byte[] WithLength(byte[] command)
    {
        var length = dice.OnceIn(2) ? dice.Below(ushort.MaxValue + 1) : dice.Below(200);
        MemoryMarshal.AsRef<CommandHeader>(command.AsSpan()).Length = (ushort)length;
        return command;
    }

    private byte[] Drawn(long now)
    {
        var kind = dice.Pick(CommandRules.Kinds.ToArray());
        ref readonly var rule = ref CommandRules.Of(kind);
        var command = new byte[rule.Size];
        for (var word = HeaderSize; word < command.Length; word += 8)
        {
            MemoryMarshal.Write(command.AsSpan(word), Word());
        }

        ref var header = ref MemoryMarshal.AsRef<CommandHeader>(command.AsSpan());
        header.Length = (ushort)rule.Size;
        header.Kind = kind;
        header.Version = CommandHeader.CurrentVersion;
        header.Account = new AccountId(rule.Account == Scope.None ? 0 : 1 + (uint)dice.Below(9));
        header.Instrument = new InstrumentId(rule.Instrument == Scope.None ? 0 : (uint)dice.Below(5));
        header.User = rule.Role == Roles.Trader ? OwnerOf(header.Account.Value) : UserId.Root;
        if (rule.NeedsIdentity)
        {
            header.Dedup = DedupMode.Keyed;
            header.Key = ++_keys;
            header.Stamp = (ulong)now;
        }

        if (kind == CommandKind.FenceCommand)
        {
            ref var fence = ref MemoryMarshal.AsRef<FenceCommand>(command.AsSpan());
            fence = new FenceCommand { Header = header, TargetKind = CommandKind.PlaceOrder };
            fence.Target = ++_keys;
            fence.TargetCreatedAt = (ulong)now;
        }

        return command;
    }

    private UserId OwnerOf(uint account) =>
        new(state.HasAccount(account) ? state.Accounts.At((int)account).Owner : 1);

    private ulong Word() => dice.Below(10) switch
    {
        < 4 => 0,
        < 7 => (ulong)dice.Below(300),
        7 => ulong.MaxValue >> dice.Below(64),
        8 => ((ulong)dice.Below(4) << 32) | (uint)dice.Below(4),
        _ => dice.Next(),
    };
}
