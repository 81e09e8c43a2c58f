using System.Runtime.InteropServices;

namespace Exchange.Rsm.Contracts.Trading;

/// <summary>
/// The core's answer to one command, 64 bytes little-endian. A repeat gets the stored bytes of the first. What a
/// client gets as `commit {term, index}` is <see cref="Index"/> with the term of that entry in the log, which the
/// replica adds: the term is a fact of the log, and a stored answer may be older than what the log still holds.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 64)]
public struct CommandResult
{
    /// <summary>Accepted or why not.</summary>
    public RejectCode Code;

    /// <summary>The command's kind; <see cref="CommandKind.None"/> where the bytes had none.</summary>
    public CommandKind Kind;

    /// <summary>State of the order after the command.</summary>
    public OrderStatus Status;

    /// <summary>The command's place in its entry, from 0.</summary>
    public uint Offset;

    /// <summary>Log index of the entry that decided it.</summary>
    public ulong Index;

    /// <summary>
    /// What was made or acted on: order, session, asset, account…; the count for cancel-all; else zero.
    /// </summary>
    public ulong Id;

    /// <summary>Last sequence of the instrument's stream after the command; zero without an instrument.</summary>
    public ulong Sequence;

    /// <summary>Lots traded by this command.</summary>
    public Quantity Executed;

    /// <summary>Lots of the order still open.</summary>
    public Quantity Remaining;

    /// <summary>Quote minor units traded by this command, fees not included.</summary>
    public Amount Notional;
}
