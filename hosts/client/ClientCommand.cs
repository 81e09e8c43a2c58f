using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Client;

/// <summary>
/// The bytes of commands, and the identity by which one is done once however often it is sent: a key with the time it
/// was made, or a number in a session. The member fills in who acts.
/// </summary>
public static class ClientCommand
{
    /// <summary>A command of a layout, without identity.</summary>
    /// <typeparam name="T">The kind's layout.</typeparam>
    /// <param name="kind">The kind.</param>
    /// <param name="body">The command; only its header is changed.</param>
    /// <param name="account">The account acted on, or none.</param>
    /// <param name="instrument">The instrument acted on, or none.</param>
    /// <returns>Its bytes.</returns>
    public static byte[] Of<T>(
        CommandKind kind, in T body, AccountId account = default, InstrumentId instrument = default)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in body)).ToArray();
        ref var header = ref HeaderOf(bytes);
        header.Length = (ushort)Unsafe.SizeOf<T>();
        header.Kind = kind;
        header.Version = CommandHeader.CurrentVersion;
        header.Account = account;
        header.Instrument = instrument;
        return bytes;
    }

    /// <summary>The header within a command's bytes.</summary>
    /// <param name="command">The bytes.</param>
    /// <returns>The header, to be changed in place.</returns>
    public static ref CommandHeader HeaderOf(Span<byte> command) => ref MemoryMarshal.AsRef<CommandHeader>(command);

    /// <summary>Identity by a key.</summary>
    /// <param name="command">The bytes, changed in place.</param>
    /// <param name="key">The key, not zero.</param>
    /// <param name="createdAt">When it was made, nanoseconds since 1970.</param>
    public static void Key(Span<byte> command, UInt128 key, long createdAt)
    {
        ref var header = ref HeaderOf(command);
        header.Dedup = DedupMode.Keyed;
        header.Key = key;
        header.Stamp = (ulong)createdAt;
    }

    /// <summary>Identity by a number in a session.</summary>
    /// <param name="command">The bytes, changed in place.</param>
    /// <param name="session">The session.</param>
    /// <param name="number">The number, from 1 without gaps.</param>
    public static void Number(Span<byte> command, SessionId session, ulong number)
    {
        ref var header = ref HeaderOf(command);
        header.Dedup = DedupMode.Session;
        header.Session = session;
        header.Stamp = number;
    }
}
