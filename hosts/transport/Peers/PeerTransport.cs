using System.Net;

namespace Exchange.Rsm.Hosts.Transport.Peers;

/// <summary>
/// Carries messages between the members of one cluster. Two connections per pair, one for each direction, so that
/// neither side has to decide whose connection lives. A message is delivered whole, at most once and in the order of
/// sending within one connection, or not at all; nobody is told of a loss.
/// <para>Any thread may send. A peer that does not read fills its own queue and delays nobody else.</para>
/// </summary>
public sealed class PeerTransport : IAsyncDisposable
{
    private readonly PeerTransportOptions _options;
    private readonly IPeerReceiver _receiver;
    private readonly PeerListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly Lock _lock = new();
    private readonly List<Task> _left = [];
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Entry[] _peers = [];
    private bool _stopped;

    /// <summary>Starts to listen; speaks with nobody yet.</summary>
    /// <param name="options">How; validated here.</param>
    /// <param name="receiver">Takes what comes.</param>
    /// <exception cref="ArgumentException">An option is not one that can be meant.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address is taken or not this machine's.</exception>
    public PeerTransport(PeerTransportOptions options, IPeerReceiver receiver)
    {
        options.Validate();
        if (options.Certificate is not null && options.Certificate.Node != options.Self.Node)
        {
            throw new ArgumentException(
                $"Peer transport: the certificate is node {options.Certificate.Node}'s, this is {options.Self.Node}.");
        }

        _options = options;
        _receiver = receiver;
        _listener = new PeerListener(options, Counters, receiver, IsPeer);
        Watch(_listener.Failed);
        _accepting = Task.Run(() => _listener.RunAsync(_stop.Token));
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint => _listener.Endpoint;

    /// <summary>
    /// Ends in an exception where the receiver threw one, or this code did: the member must then stop. Else it never
    /// ends.
    /// </summary>
    public Task Failed => _failed.Task;

    /// <summary>What it did.</summary>
    public TransportCounters Counters { get; } = new();

    /// <summary>Bytes that wait for a peer.</summary>
    /// <param name="node">The peer.</param>
    /// <returns>Bytes; zero where it is none.</returns>
    public int QueueLength(ulong node) => Find(node)?.Link.QueueLength ?? 0;

    /// <summary>Says who the peers are from now on: new ones are dialled, those that are gone let go.</summary>
    /// <param name="addresses">All peers but this member itself.</param>
    /// <exception cref="ArgumentException">One of them is this member, or has a port that there is not.</exception>
    public void SetPeers(IReadOnlyList<PeerAddress> addresses)
    {
        foreach (var address in addresses)
        {
            address.Validate(_options.Self.Node);
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            List<Entry> kept = [.. _peers.Where(peer => addresses.Contains(peer.Link.Address))];
            foreach (var gone in _peers.Except(kept))
            {
                gone.Stop.Cancel();
                _left.Add(gone.Running);
            }

            _left.RemoveAll(task => task.IsCompleted);
            foreach (var address in addresses.Where(address => kept.All(peer => peer.Link.Address != address)))
            {
                var entry = Entry.Start(new PeerLink(_options, address, Counters, _receiver), _stop.Token);
                Watch(entry.Running);
                kept.Add(entry);
            }

            _peers = [.. kept];
        }

        _listener.LetGo();
    }

    /// <summary>Sends a message, given in two parts so that neither has to be copied together first.</summary>
    /// <param name="node">To whom.</param>
    /// <param name="first">The first part.</param>
    /// <param name="second">The second part; may be empty.</param>
    /// <returns>
    /// False, and counted, where no connection stands, the queue is full, or the message is longer than allowed.
    /// </returns>
    public bool TrySend(ulong node, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var peer = Find(node);
        if (peer is null)
        {
            Counters.AddRefused();
            return false;
        }

        return peer.Link.TrySend(first, second);
    }

    /// <summary>Closes everything and waits until nothing runs any more.</summary>
    /// <returns>Complete then.</returns>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_lock)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            _stop.Cancel();
            running = [.. _peers.Select(peer => peer.Running), .. _left, _accepting];
        }

        // A failure was reported as such; here only the end counts.
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private void Watch(Task running) => running.ContinueWith(
        ended => _failed.TrySetException(ended.Exception!.InnerExceptions),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);

    private bool IsPeer(ulong node) => Find(node) is not null;

    private Entry? Find(ulong node)
    {
        foreach (var peer in _peers)
        {
            if (peer.Link.Node == node)
            {
                return peer;
            }
        }

        return null;
    }

    private sealed record Entry(PeerLink Link, CancellationTokenSource Stop, Task Running)
    {
        public static Entry Start(PeerLink link, CancellationToken stop)
        {
            var own = CancellationTokenSource.CreateLinkedTokenSource(stop);
            return new Entry(link, own, Task.Run(() => RunAsync(link, own), CancellationToken.None));
        }

        private static async Task RunAsync(PeerLink link, CancellationTokenSource own)
        {
            await link.RunAsync(own.Token);
            link.Dispose();
            own.Dispose();
        }
    }
}
