using System.Net.Sockets;
using Exchange.Rsm.Hosts.Replica.Admin;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Hosts.Replica.Core;
using Exchange.Rsm.Hosts.Replica.Trading;
using Exchange.Rsm.Hosts.Storage.Faster;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Hosts.Transport;
using Exchange.Rsm.Hosts.Transport.Peers;
using Exchange.Rsm.Hosts.Transport.Tls;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Exchange.Rsm.Replication.Snapshots;
using Exchange.Rsm.Replication.Wal;
using Exchange.Rsm.StateMachine.Queries;
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
    private readonly ReplicaOptions _options;
    private readonly LogLines _log;
    private readonly PeerLetters _letters;
    private readonly ClientDesk _desk;
    private readonly DiskHeadroom _headroom;
    private readonly PeerTransport _transport;
    private readonly ClientListener _listener;
    private int _transfers;

    private MemberNode(ReplicaOptions options, NodeCertificate? certificate, LogLines log)
    {
        _options = options;
        _log = log;
        var identity = MemberFile.ReadOrWrite(options);
        var inboxes = new CoreInboxes(_wake);
        Self = identity.Self;
        IsTrusting = certificate is null;
        _pending = new PendingCommands((long)options.ElectionTimeout.TotalNanoseconds * 2);
        _reads = new PendingReads(countMax: 65_536, _answers, () => _output!.Leader);
        _doorkeeper = new Doorkeeper(options.ClusterId, options.Node, IsTrusting);
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
        Places = new AddressBook(options);
        _letters = new PeerLetters(inboxes.Letters, Places.TryRead, log.Write);
        _transport = new PeerTransport(TransportOptions(options, certificate), _letters);
        _output.Transport = _transport;
        var places = new MemberPlaces(options.Node, Places, _transport, log.Write);
        places.Follow(identity.Founders, isLeader: false, now: 0);
        _listener = new ClientListener(
            new ClientListenerOptions { Listen = options.ClientListen, Certificate = certificate },
            request => Post(inboxes.Requests, request));
        _headroom = new DiskHeadroom(options.WalFolder, options.HeadroomBytes);
        Local = new LocalClient(inboxes.Requests);
        var sessions = new SessionWatch(
            _queue, Local.Channel, options.ServiceUser, (long)options.ElectionTimeout.TotalNanoseconds * 4);
        _desk = new ClientDesk(
            _replica, _output, _doorkeeper, _queue, _pending, _reads, _answers, sessions, () => _headroom.IsLow);
        Core = new CoreThread(
            _wake, inboxes, _disk, _replica, _output, _desk, places, (long)options.Heartbeat.TotalNanoseconds / 5);
    }

    /// <summary>The thread that owns it.</summary>
    public CoreThread Core { get; }

    /// <summary>Who it is.</summary>
    public MemberId Self { get; }

    /// <summary>The cluster.</summary>
    public UInt128 ClusterId => _options.ClusterId;

    /// <summary>Whether nobody has a certificate, and everybody is believed.</summary>
    public bool IsTrusting { get; }

    /// <summary>A client of the process itself.</summary>
    public LocalClient Local { get; }

    /// <summary>Where the members are.</summary>
    public AddressBook Places { get; }

    /// <summary>Questions to the exchange; on the core's thread only.</summary>
    public ExchangeQueries Queries => _output.Queries;

    /// <summary>Commands that wait for an entry.</summary>
    public int QueuedCommands => _queue.Commands;

    /// <summary>Clients connected.</summary>
    public int Clients => _listener.Connections;

    /// <summary>What the connections to peers did.</summary>
    public TransportCounters PeerCounters => _transport.Counters;

    /// <summary>What clients' connections did.</summary>
    public TransportCounters ClientCounters => _listener.Counters;

    /// <summary>Where clients reach it.</summary>
    public System.Net.IPEndPoint ClientEndpoint => _listener.Endpoint;

    /// <summary>Where its peers reach it.</summary>
    public System.Net.IPEndPoint PeerEndpoint => _transport.Endpoint;

    /// <summary>Ends where the connections to peers failed beyond repair.</summary>
    public Task TransportFailed => _transport.Failed;

    /// <summary>Ends where the connections of clients failed beyond repair.</summary>
    public Task ListenerFailed => _listener.Failed;

    /// <summary>Opens a member and starts it.</summary>
    /// <exception cref="StartException">It cannot be started; nothing of it is left running.</exception>
    public static MemberNode Start(ReplicaOptions options, NodeCertificate? certificate, LogLines log)
    {
        try
        {
            var node = new MemberNode(options, certificate, log);
            node.Core.Start();
            return node;
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or StorageException or UnauthorizedAccessException
                or ArgumentException)
        {
            // What was opened before it ends with the process, which ends now.
            throw new StartException(exception.Message);
        }
    }

    /// <summary>Whether the core's thread has turned within the last seconds.</summary>
    public bool IsAlive => !Core.Ended.IsCompleted && Core.Age < TimeSpan.FromSeconds(10);

    /// <summary>Why it is not ready; nothing where it is.</summary>
    public Task<IReadOnlyList<string>> ReasonsAsync(CancellationToken cancellation) =>
        Core.AskAsync(NotReady, cancellation);

    /// <summary>Why it is not ready; on the core's thread.</summary>
    public IReadOnlyList<string> NotReady(Member replica) =>
        Readiness.Reasons(replica, Self, _desk.IsStopping, _headroom.IsLow);

    /// <summary>Commands received for an instrument.</summary>
    public long CommandsOf(uint instrument) => _desk.Submissions.CommandsOf(instrument);

    /// <summary>Writes what is counted here; on the core's thread.</summary>
    public void WriteFigures(MetricsText text) => MemberFigures.Write(text, new MemberParts(
        Core, _desk, _queue, _pending, _reads, _answers, _doorkeeper, _output, _letters, _headroom, _disk));

    /// <summary>A voter that is not this one; on the core's thread.</summary>
    public MemberId OtherVoter(Member replica)
    {
        foreach (var member in replica.Node.Configuration.Members)
        {
            if (member.Id != Self && member.Roles.HasFlag(MemberRoles.Voter))
            {
                return member.Id;
            }
        }

        return MemberId.None;
    }

    /// <summary>
    /// Takes no new clients, gives leadership away, and waits until those who asked are answered; as far as it can
    /// within a time.
    /// </summary>
    public async Task DrainAsync(TimeSpan timeout)
    {
        using var late = new CancellationTokenSource(timeout);
        try
        {
            while (!await Core.AskAsync(IsDrained, late.Token))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), late.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException)
        {
            _log.Write("stopping: not everything was finished in time");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _transport.DisposeAsync();
        Core.Stop();
        await Core.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Local.DisposeAsync();
        _headroom.Dispose();
        _replica.Dispose();
        _disk.Dispose();
        _store.Dispose();
        _storeFolder.Dispose();
        _wake.Dispose();
    }

    private bool IsDrained(Member replica)
    {
        _desk.IsStopping = true;
        if (replica.Phase != ReplicaPhase.Running)
        {
            return true;
        }

        var status = replica.Node.Status;
        var other = OtherVoter(replica);
        if (status.Role == RaftRole.Leader && !other.IsNone)
        {
            // One that cannot take over is asked again, and another may be elected meanwhile: the time is bounded.
            if (status.TransferTarget.IsNone)
            {
                replica.Node.TransferLeadership(NextVoter(replica));
            }

            return false;
        }

        return _queue.Commands == 0 && _pending.Entries == 0 && _reads.Count == 0
            && _desk.Channels.All(channel => channel.IsClosed || channel.QueueLength == 0);
    }

    private MemberId NextVoter(Member replica)
    {
        var voters = new List<MemberId>();
        foreach (var member in replica.Node.Configuration.Members)
        {
            if (member.Id != Self && member.Roles.HasFlag(MemberRoles.Voter))
            {
                voters.Add(member.Id);
            }
        }

        return voters[_transfers++ % voters.Count];
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
