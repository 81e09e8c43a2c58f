using System.Text.Json;
using System.Text.Json.Nodes;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Hosts.Cli.Logs;

/// <summary>
/// What another build said entry by entry, read along with the replay: neither has to fit into memory.
/// </summary>
internal sealed class OtherBuild : IDisposable
{
    private readonly StreamReader _lines;
    private ulong _index;
    private string _stateHash = "";
    private string _eventChainHash = "";

    public OtherBuild(string path)
    {
        Path = path;
        try
        {
            _lines = new StreamReader(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {exception.Message}");
        }
    }

    public string Path { get; }

    /// <summary>Entries held against each other so far.</summary>
    public ulong Compared { get; private set; }

    /// <summary>What differs after the entry just applied; null where nothing does, or it does not tell.</summary>
    public JsonObject? Differs(ExchangeMachine machine)
    {
        while (_index < machine.AppliedIndex && TryRead())
        {
        }

        if (_index != machine.AppliedIndex)
        {
            return null;
        }

        Compared++;
        var (state, events) = (Layouts.Hash(machine.StateHash), Layouts.Hash(machine.EventChainHash));
        return _stateHash == state && _eventChainHash == events
            ? null
            : new JsonObject
            {
                ["first_different_index"] = machine.AppliedIndex,
                ["state_hash"] = state,
                ["other_state_hash"] = _stateHash,
                ["event_chain_hash"] = events,
                ["other_event_chain_hash"] = _eventChainHash,
            };
    }

    public void Dispose() => _lines.Dispose();

    private bool TryRead()
    {
        while (_lines.ReadLine() is { } line)
        {
            var values = ValuesOf(line);
            if (values.GetValueOrDefault("line") == "entry"
                && ulong.TryParse(values.GetValueOrDefault("index"), out _index)
                && values.TryGetValue("state_hash", out _stateHash!)
                && values.TryGetValue("event_chain_hash", out _eventChainHash!))
            {
                return true;
            }
        }

        return false;
    }

    private Dictionary<string, string> ValuesOf(string line)
    {
        if (!line.StartsWith('{'))
        {
            return line.Split(' ')
                .Select(pair => pair.Split('=', 2))
                .Where(pair => pair.Length == 2)
                .DistinctBy(pair => pair[0])
                .ToDictionary(pair => pair[0], pair => pair[1]);
        }

        try
        {
            return JsonNode.Parse(line)!.AsObject().ToDictionary(pair => pair.Key, pair => $"{pair.Value}");
        }
        catch (JsonException exception)
        {
            throw new InputException($"{Path}: not the output of 'log replay --step': {exception.Message}");
        }
    }
}
