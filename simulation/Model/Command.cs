using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>One command of an entry: at least a whole header.</summary>
internal sealed class Command(byte[] bytes, uint offset)
{
    public CommandHeader Header { get; } = MemoryMarshal.Read<CommandHeader>(bytes);

    public byte[] Bytes { get; } = bytes;

    /// <summary>Its place in the entry, from 0.</summary>
    public uint Offset { get; } = offset;

    public CommandKind Kind => Header.Kind;

    public CommandRule Rule => CommandRules.Of(Kind);

    public T As<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Bytes);

    /// <summary>The first 8 bytes after the header, or what there is of them.</summary>
    public ulong Subject()
    {
        var subject = new byte[8];
        Bytes.Skip(Unsafe.SizeOf<CommandHeader>()).Take(8).ToArray().CopyTo(subject, 0);
        return MemoryMarshal.Read<ulong>(subject);
    }
}
