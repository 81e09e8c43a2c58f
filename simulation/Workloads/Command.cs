using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>The bytes of one command, open to be changed until they are sent.</summary>
public sealed class Command
{
    private byte[] _bytes;

    private Command(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;

    public ref CommandHeader Header => ref MemoryMarshal.AsRef<CommandHeader>(_bytes.AsSpan());

    public CommandKind Kind => Header.Kind;

    /// <summary>A command of a layout: all zero but length, kind, version and scope.</summary>
    public static Command Of<T>(CommandKind kind, AccountId account = default, InstrumentId instrument = default)
        where T : unmanaged
    {
        var command = new Command(new byte[Unsafe.SizeOf<T>()]);
        ref var header = ref command.Header;
        header.Length = (ushort)Unsafe.SizeOf<T>();
        header.Kind = kind;
        header.Version = CommandHeader.CurrentVersion;
        header.Account = account;
        header.Instrument = instrument;
        header.User = UserId.Root;
        return command;
    }

    /// <summary>The whole command as its layout.</summary>
    public ref T As<T>()
        where T : unmanaged => ref MemoryMarshal.AsRef<T>(_bytes.AsSpan());

    public Command By(UserId user)
    {
        Header.User = user;
        return this;
    }

    /// <summary>Identity by key. The stamp is when the key was made, in log time.</summary>
    public Command Keyed(UInt128 key, long stamp)
    {
        Header.Dedup = DedupMode.Keyed;
        Header.Session = default;
        Header.Key = key;
        Header.Stamp = (ulong)stamp;
        return this;
    }

    /// <summary>Identity by a session's number.</summary>
    public Command InSession(SessionId session, ulong number)
    {
        Header.Dedup = DedupMode.Session;
        Header.Session = session;
        Header.Key = UInt128.Zero;
        Header.Stamp = number;
        return this;
    }

    public Command WithoutIdentity()
    {
        Header.Dedup = DedupMode.None;
        Header.Session = default;
        Header.Key = UInt128.Zero;
        Header.Stamp = 0;
        return this;
    }

    public Command Correlated(UInt128 correlation)
    {
        Header.Correlation = correlation;
        return this;
    }

    public Command Copy() => new([.. _bytes]);

    /// <summary>Overwrites one byte: what a sender that is wrong would do.</summary>
    public Command WithByte(int offset, byte value)
    {
        _bytes[offset] = value;
        return this;
    }

    /// <summary>Cuts the command off or pads it with zeros, and leaves the length it claims as it is.</summary>
    public Command Resized(int length)
    {
        Array.Resize(ref _bytes, length);
        return this;
    }
}
