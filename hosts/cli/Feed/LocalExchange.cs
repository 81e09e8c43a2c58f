using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Client;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Hosts.Cli.Feed;

/// <summary>A machine of one's own, one command to an entry: what the cluster is expected to answer.</summary>
internal sealed class LocalExchange
{
    private const long LogTimePerCommand = 1_000;

    private readonly ExchangeMachine _machine = new();
    private readonly OutputBuffer _events = new(1 << 14);
    private readonly OutputBuffer _results = new();
    private long _now = 1_700_000_000_000_000_000;
    private UInt128 _key;

    /// <summary>Events of the last command.</summary>
    public ReadOnlySpan<byte> Events => _events.Written;

    /// <summary>Sends a command under a key.</summary>
    public CommandResult Keyed(byte[] command)
    {
        ClientCommand.Key(command, ++_key, _now);
        return Apply(command);
    }

    /// <summary>Applies a command as the root user's.</summary>
    public CommandResult Apply(Span<byte> command)
    {
        _events.Clear();
        _results.Clear();
        _now += LogTimePerCommand;
        ClientCommand.HeaderOf(command).User = UserId.Root;
        var header = new EntryHeader
        {
            ClusterId = 1,
            Term = 1,
            Index = _machine.AppliedIndex + 1,
            Timestamp = _now,
            Kind = EntryKind.Commands,
            Epoch = 1,
            CommandCount = 1,
            PayloadLength = (uint)command.Length,
        };
        _machine.Apply(in header, command, _events, _results);
        return MemoryMarshal.Read<CommandResult>(_results.Written);
    }
}
