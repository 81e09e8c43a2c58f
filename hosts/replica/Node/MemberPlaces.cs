using System.Globalization;
using System.Text;
using Exchange.Rsm.Hosts.Replica.Core;
using Exchange.Rsm.Hosts.Transport.Peers;
using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>
/// Keeps the connections to peers with the members in force: who is added is dialled, who is gone is let go. A member
/// that was not told yet of any configuration dials all that the settings name.
/// </summary>
internal sealed class MemberPlaces(uint self, AddressBook book, PeerTransport transport, Action<string> log)
    : IMemberPlaces
{
    private const long TellNanos = 1_000_000_000;

    // Whoever leaves is spoken with for so long: a leader that removes itself has to hear that it is done.
    private const long FarewellNanos = 30_000_000_000;

    private readonly Dictionary<uint, long> _leaving = [];
    private SortedSet<uint> _nodes = [];
    private Configuration? _members;
    private int _version = -1;
    private long _tellAt;
    private long _farewellAt = long.MaxValue;

    public ReadOnlyMemory<byte> ClientAddressOf(uint node) => Encoding.UTF8.GetBytes(book.Of(node)?.Client ?? "");

    public void Follow(Configuration members, bool isLeader, long now)
    {
        if (!ReferenceEquals(members, _members) || book.Version != _version || now >= _farewellAt)
        {
            (_members, _version) = (members, book.Version);
            SetPeers(members, now);
        }

        if (isLeader && now >= _tellAt)
        {
            _tellAt = now + TellNanos;
            Tell(members);
        }
    }

    private void SetPeers(Configuration members, long now)
    {
        var nodes = new SortedSet<uint>();
        foreach (var member in members.Members)
        {
            nodes.Add(member.Id.Number);
        }

        if (members.Members.Length == 0)
        {
            nodes.UnionWith(book.Nodes);
        }

        nodes.Remove(self);
        foreach (var gone in _nodes.Except(nodes))
        {
            _leaving.TryAdd(gone, now + FarewellNanos);
        }

        foreach (var (node, until) in _leaving)
        {
            if (now >= until || nodes.Contains(node))
            {
                _leaving.Remove(node);
            }
        }

        _farewellAt = _leaving.Count == 0 ? long.MaxValue : _leaving.Values.Min();
        nodes.UnionWith(_leaving.Keys);
        _nodes = nodes;
        Dial(nodes);
    }

    private void Dial(SortedSet<uint> nodes)
    {
        var peers = new List<PeerAddress>();
        foreach (var node in nodes)
        {
            if (TryPlace(node, out var address))
            {
                peers.Add(address);
            }
            else
            {
                log($"peer {node}: a member whose address is not known");
            }
        }

        transport.SetPeers(peers);
    }

    private bool TryPlace(uint node, out PeerAddress address)
    {
        var place = book.Of(node)?.Peer ?? "";
        var colon = place.LastIndexOf(':');
        var isPort = int.TryParse(
            place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port);
        address = colon > 0 && isPort ? new PeerAddress(node, place[..colon], port) : new PeerAddress(node, "", 0);
        return address.Port != 0;
    }

    private void Tell(Configuration members)
    {
        var letter = book.Letter();
        foreach (var member in members.Members)
        {
            if (letter.Length > 0 && member.Id.Number != self)
            {
                // What does not get through is told again.
                transport.TrySend(member.Id.Number, letter, []);
            }
        }
    }
}
