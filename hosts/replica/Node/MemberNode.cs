using System.Net.Sockets;
using System.Text;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Hosts.Replica.Core;
using Exchange.Rsm.Hosts.Storage.Faster;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Hosts.Transport.Peers;
using Exchange.Rsm.Hosts.Transport.Tls;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;
using Member = Exchange.Rsm.Replication.Replica.Replica;
using ReplicaOptions = Exchange.Rsm.Hosts.Replica.Options.ReplicaOptions;
using ReplicationOptions = Exchange.Rsm.Replication.Replica.ReplicaOptions;

namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>One member with all its parts: opened, connected, and closed again in the opposite order.</summary>
internal sealed class MemberNode : IAsyncDisposable
{
    private readonly WakeSignal _wake = new();
    private readonly StoreFolder _storeFolder;
    private readonly FasterSnapshotStore _store;
    private readonly FileDisk _disk;
    private readonly CommandQueue _queue = new(commandsMax: 65_536, bytesMax: 64 << 20);
    private readonly PendingCommands _pending;
    private readonly PendingReads _reads;
    private readonly Answers _answers = new();
    private readonly Doorkeeper _doorkeeper;
    private readonly CoreOutput _output;
    private readonly Member _replica;
    private readonly PeerTransport _transport;
    private readonly ClientListener _listener;

    private MemberNode(ReplicaOptions options, LogLines log)
    {
        var identity = MemberFile.ReadOrWrite(options);
        var inboxes = new CoreInboxes(_wake);
        var certificate = options.Tls is { } tls
            ? NodeCertificate.Load(tls.Certificate, tls.Key, tls.Authority)
            : null;
        _pending = new PendingCommands((long)options.ElectionTimeout.TotalNanoseconds * 2);
        _reads = new PendingReads(countMax: 65_536, _answers, () => _output!.Leader);
        _doorkeeper = new Doorkeeper(options.ClusterId, options.Node, isTrusting: certificate is null);
        _output = new CoreOutput(_pending, _reads, _doorkeeper);
        _storeFolder = new StoreFolder(options.SnapshotFolder);
        _store = new FasterSnapshotStore(_storeFolder, new FasterOptions());
        _disk = new FileDisk(options.WalFolder, _wake.Set);
        _replica = Member.Open(
            Tunables(options),
            identity,
            _disk,
            _store,
            _output.NewMachine,
            _ => _output.Queries.State.BehaviourVersion,
            _output,
            out var error)
            ?? throw new StartException($"{options.WalFolder}: the log cannot be opened: {error}.");
        _transport = new PeerTransport(
            TransportOptions(options, certificate), new PeerLetters(inboxes.Letters, log.Write));
        _output.Transport = _transport;
        _transport.SetPeers([.. options.Members
            .Where(member => member.Node != options.Node)
            .Select(member => new PeerAddress(member.Node, member.Host, member.Port))]);
        _listener = new ClientListener(
            new ClientListenerOptions { Listen = options.ClientListen, Certificate = certificate },
            request => Post(inboxes.Requests, request));
        var desk = new ClientDesk(_replica, _output, _doorkeeper, _queue, _pending, _reads, _answers);
        var tick = (long)options.Heartbeat.TotalNanoseconds / 5;
        Core = new CoreThread(_wake, inboxes, _disk, _replica, _output, desk, Addresses(options), tick);
    }

    /// <summary>The thread that owns it.</summary>
    public CoreThread Core { get; }

    /// <summary>Where clients reach it.</summary>
    public System.Net.IPEndPoint ClientEndpoint => _listener.Endpoint;

    /// <summary>Where its peers reach it.</summary>
    public System.Net.IPEndPoint PeerEndpoint => _transport.Endpoint;

    /// <summary>Ends where the connections to peers failed beyond repair.</summary>
    public Task TransportFailed => _transport.Failed;

    /// <summary>Opens a member and starts it.</summary>
    /// <exception cref="StartException">It cannot be started; nothing of it is left running.</exception>
    public static MemberNode Start(ReplicaOptions options, LogLines log)
    {
        try
        {
            var node = new MemberNode(options, log);
            node.Core.Start();
            return node;
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or StorageException or UnauthorizedAccessException
                or ArgumentException or System.Security.Cryptography.CryptographicException)
        {
            // What was opened before it ends with the process, which ends now.
            throw new StartException(exception.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _transport.DisposeAsync();
        Core.Stop();
        await Core.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _replica.Dispose();
        _disk.Dispose();
        _store.Dispose();
        _storeFolder.Dispose();
        _wake.Dispose();
    }

    // The end of a connection always finds a place: it cannot pile up, as there is one for each connection.
    private static bool Post(Inbox<ClientRequest> inbox, ClientRequest request)
    {
        if (request.Buffer is null)
        {
            inbox.Post(request);
            return true;
        }

        return inbox.TryPost(request, request.Length);
    }

    private static Dictionary<uint, ReadOnlyMemory<byte>> Addresses(ReplicaOptions options) =>
        options.Clients.ToDictionary(
            member => member.Node,
            member => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"{member.Host}:{member.Port}"));

    private static ReplicationOptions Tunables(ReplicaOptions options) => new()
    {
        Raft = new RaftOptions
        {
            Seed = unchecked((ulong)options.ClusterId),
            HeartbeatNanos = (long)options.Heartbeat.TotalNanoseconds,
            ElectionTimeoutMinNanos = (long)options.ElectionTimeout.TotalNanoseconds,
            ElectionTimeoutMaxNanos = (long)options.ElectionTimeout.TotalNanoseconds * 2,
            LeaseReads = options.LeaseReads,
        },
        Wal = new WalOptions { SegmentBytes = options.WalSegmentBytes },
        Snapshots = new SnapshotOptions { IntervalEntries = options.SnapshotEntries },
    };

    private static PeerTransportOptions TransportOptions(ReplicaOptions options, NodeCertificate? certificate) => new()
    {
        ClusterId = options.ClusterId,
        Self = new PeerIdentity(options.Node, options.Incarnation),
        Listen = options.PeerListen,
        Certificate = certificate,
    };
}
