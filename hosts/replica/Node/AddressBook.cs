using System.Globalization;
using System.Text;
using Exchange.Rsm.Hosts.Replica.Options;

namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>Where a member is reached.</summary>
/// <param name="Version">When it was said, nanoseconds since 1970; zero where the settings say it.</param>
/// <param name="Peer">For its peers, HOST:PORT; empty where it is not known.</param>
/// <param name="Client">For clients, HOST:PORT; empty where it is not known.</param>
internal sealed record MemberPlace(long Version, string Peer, string Client);

/// <summary>
/// Where the members are reached. It begins with the settings; members that were added since are told by the leader to
/// all others, again and again, and kept in a file beside the log. Of two words about a member the newer one counts.
/// No safety rests on it: a wrong address is a member that cannot be reached.
/// </summary>
internal sealed class AddressBook
{
    private const string Name = "addresses";
    private const string Unfinished = ".new";
    private const int LettersMax = 64;

    private static ReadOnlySpan<byte> Magic => "XRSM addresses 1"u8;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<uint, MemberPlace> _places = [];
    private readonly string _path;
    private int _version;

    public AddressBook(ReplicaOptions options)
    {
        _path = Path.Combine(options.WalFolder, Name);
        foreach (var member in options.Members)
        {
            _places[member.Node] = new MemberPlace(0, $"{member.Host}:{member.Port}", "");
        }

        foreach (var client in options.Clients)
        {
            var place = _places.GetValueOrDefault(client.Node) ?? new MemberPlace(0, "", "");
            _places[client.Node] = place with { Client = $"{client.Host}:{client.Port}" };
        }

        if (File.Exists(_path))
        {
            Merge(File.ReadAllText(_path), isKept: true);
        }
    }

    /// <summary>Rises with every change.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>The members it knows.</summary>
    public IReadOnlyList<uint> Nodes
    {
        get
        {
            lock (_lock)
            {
                return [.. _places.Keys];
            }
        }
    }

    public MemberPlace? Of(uint node)
    {
        lock (_lock)
        {
            return _places.GetValueOrDefault(node);
        }
    }

    /// <summary>Notes where a member is reached.</summary>
    public void Set(uint node, MemberPlace place)
    {
        lock (_lock)
        {
            if (Take(node, place))
            {
                Keep();
            }
        }
    }

    /// <summary>What the others should know; empty where the settings say it all.</summary>
    public byte[] Letter()
    {
        lock (_lock)
        {
            var text = Text();
            return text.Length == 0 ? [] : [.. Magic, .. Encoding.UTF8.GetBytes(text)];
        }
    }

    /// <summary>Takes a peer's message, if it is one of this kind.</summary>
    /// <returns>False where it is another.</returns>
    public bool TryRead(ReadOnlySpan<byte> message)
    {
        if (!message.StartsWith(Magic))
        {
            return false;
        }

        Merge(Encoding.UTF8.GetString(message[Magic.Length..]), isKept: false);
        return true;
    }

    private void Merge(string text, bool isKept)
    {
        lock (_lock)
        {
            var isNew = false;
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var parts = line.Split(' ');
                if (parts.Length == 4
                    && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var node)
                    && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                {
                    isNew |= Take(node, new MemberPlace(version, parts[2], parts[3]));
                }
            }

            if (isNew && !isKept)
            {
                Keep();
            }
        }
    }

    private bool Take(uint node, MemberPlace place)
    {
        var known = _places.GetValueOrDefault(node);
        if (node == 0 || (known is null && _places.Count >= LettersMax)
            || (known is not null && known.Version >= place.Version))
        {
            return false;
        }

        _places[node] = place;
        Volatile.Write(ref _version, _version + 1);
        return true;
    }

    private string Text()
    {
        var text = new StringBuilder();
        foreach (var (node, place) in _places.Where(pair => pair.Value.Version > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"{node} {place.Version} {place.Peer} {place.Client}\n");
        }

        return text.ToString();
    }

    private void Keep()
    {
        File.WriteAllText(_path + Unfinished, Text());
        File.Move(_path + Unfinished, _path, overwrite: true);
    }
}
