using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Linearizability;

namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>A client's command, 32 bytes. Padding may follow it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = 32)]
public struct TinyCommand
{
    public uint Client;
    public uint Sequence;
    public int Key;

    /// <summary>As in <see cref="RegisterObject"/>.</summary>
    public int Kind;
    public long First;
    public long Second;
}

/// <summary>What became of a command.</summary>
/// <param name="Client">Whose.</param>
/// <param name="Sequence">Which of the client's.</param>
/// <param name="Answer">1 or 0: a write is done, a compare-and-set was or was not.</param>
/// <param name="IsFresh">Whether it was done now, and not a repeat of what had been done.</param>
public readonly record struct TinyResult(uint Client, uint Sequence, long Answer, bool IsFresh);

/// <summary>
/// A handful of registers with a table of sessions: as small as a replicated machine with exactly-once can be. A client
/// numbers its commands; a repeat gets the stored answer, and what is older than the last is refused.
/// </summary>
public sealed class TinyMachine
{
    /// <summary>Most registers.</summary>
    public const int KeysMax = 4;

    /// <summary>Most clients.</summary>
    public const int ClientsMax = 8;

    /// <summary>The answer to a command that is older than the client's last.</summary>
    public const long Refused = -1;

    /// <summary>Bytes of an image.</summary>
    public const int ImageBytes = 16 + (KeysMax * 8) + (ClientsMax * 16) + 8;

    private const int CommandBytes = 32;

    private readonly long[] _values = new long[KeysMax];
    private readonly uint[] _sequences = new uint[ClientsMax];
    private readonly long[] _answers = new long[ClientsMax];

    /// <summary>Index of the last entry applied.</summary>
    public ulong AppliedIndex { get; private set; }

    /// <summary>Running hash of all that was answered.</summary>
    public ulong EventChainHash { get; private set; }

    /// <summary>Hash of all there is.</summary>
    public ulong StateHash
    {
        get
        {
            var hash = 17UL;
            for (var key = 0; key < KeysMax; key++)
            {
                hash = StableHash.Mix(hash, unchecked((ulong)_values[key]));
            }

            for (var client = 0; client < ClientsMax; client++)
            {
                hash = StableHash.Mix(hash ^ _sequences[client], unchecked((ulong)_answers[client]));
            }

            return hash;
        }
    }

    public void Clear()
    {
        Array.Fill(_values, RegisterObject.Nothing);
        Array.Clear(_sequences);
        Array.Clear(_answers);
        AppliedIndex = 0;
        EventChainHash = 0;
    }

    public long Value(int key) => _values[key];

    /// <summary>Applies one entry.</summary>
    public void Apply(in EntryHeader header, ReadOnlySpan<byte> payload, List<TinyResult> results)
    {
        Invariant.Check(header.Index == AppliedIndex + 1);
        AppliedIndex = header.Index;
        if (header.Kind != EntryKind.Commands)
        {
            return;
        }

        var stride = payload.Length / (int)header.CommandCount;
        for (var i = 0; i < header.CommandCount; i++)
        {
            var command = MemoryMarshal.Read<TinyCommand>(payload.Slice(i * stride, CommandBytes));
            var result = Apply(in command);
            EventChainHash = StableHash.Mix(
                EventChainHash ^ command.Client, ((ulong)command.Sequence << 8) ^ unchecked((ulong)result.Answer));
            results.Add(result);
        }
    }

    /// <summary>Writes all there is.</summary>
    public void WriteTo(Span<byte> image)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(image[..ImageBytes]);
        words[0] = AppliedIndex;
        words[1] = EventChainHash;
        var at = 2;
        for (var key = 0; key < KeysMax; key++)
        {
            words[at++] = unchecked((ulong)_values[key]);
        }

        for (var client = 0; client < ClientsMax; client++)
        {
            words[at++] = _sequences[client];
            words[at++] = unchecked((ulong)_answers[client]);
        }

        words[at] = StableHash.Of(image[..(ImageBytes - 8)], 1);
    }

    /// <summary>Planted: an image without its sessions, whole all the same.</summary>
    public static void DropSessions(Span<byte> image)
    {
        image = image[..ImageBytes];
        image.Slice(16 + (KeysMax * 8), ClientsMax * 16).Clear();
        var words = MemoryMarshal.Cast<byte, ulong>(image);
        words[^1] = StableHash.Of(image[..(ImageBytes - 8)], 1);
    }

    /// <summary>Planted: a register that nobody wrote.</summary>
    public void Spoil(int key) => _values[key] = -7;

    /// <summary>Takes an image; false where it is damaged.</summary>
    public bool TryReadFrom(ReadOnlySpan<byte> image)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(image[..ImageBytes]);
        if (words[^1] != StableHash.Of(image[..(ImageBytes - 8)], 1))
        {
            return false;
        }

        AppliedIndex = words[0];
        EventChainHash = words[1];
        var at = 2;
        for (var key = 0; key < KeysMax; key++)
        {
            _values[key] = unchecked((long)words[at++]);
        }

        for (var client = 0; client < ClientsMax; client++)
        {
            _sequences[client] = (uint)words[at++];
            _answers[client] = unchecked((long)words[at++]);
        }

        return true;
    }

    private TinyResult Apply(in TinyCommand command)
    {
        var client = (int)command.Client;
        if (command.Sequence <= _sequences[client])
        {
            var known = command.Sequence == _sequences[client] ? _answers[client] : Refused;
            return new TinyResult(command.Client, command.Sequence, known, IsFresh: false);
        }

        var isSet = command.Kind != RegisterObject.CompareAndSet || _values[command.Key] == command.First;
        if (isSet)
        {
            _values[command.Key] =
                command.Kind == RegisterObject.CompareAndSet ? command.Second : command.First;
        }

        _sequences[client] = command.Sequence;
        _answers[client] = isSet ? 1 : 0;
        return new TinyResult(command.Client, command.Sequence, _answers[client], IsFresh: true);
    }
}
