using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.Hosts.Storage;
using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Replica;
using Member = Exchange.Rsm.Replication.Replica.Replica;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>
/// The one thread that owns consensus and the exchange. It sleeps until something came in or something is due; a turn
/// takes all that is there: time, the disk, peers, clients, in that order, and then runs the replica until it rests.
/// </summary>
internal sealed class CoreThread
{
    // Runs of the replica in one turn: what is applied and sent in between must not keep new input waiting for long.
    private const int RunsMax = 8;

    private readonly WakeSignal _wake;
    private readonly CoreInboxes _inboxes;
    private readonly FileDisk _disk;
    private readonly Member _replica;
    private readonly CoreOutput _output;
    private readonly ClientDesk _desk;
    private readonly IMemberPlaces _places;
    private readonly long _tickNanos;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;
    private long _now;
    private long _turns;

    public CoreThread(
        WakeSignal wake,
        CoreInboxes inboxes,
        FileDisk disk,
        Member replica,
        CoreOutput output,
        ClientDesk desk,
        IMemberPlaces places,
        long tickNanos)
    {
        _wake = wake;
        _inboxes = inboxes;
        _disk = disk;
        _replica = replica;
        _output = output;
        _desk = desk;
        _places = places;
        _tickNanos = tickNanos;
        _thread = new Thread(Run) { Name = "core", IsBackground = true };
    }

    /// <summary>Complete when it stopped; in an exception where it failed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Complete when the replica has read what its disk holds and takes part.</summary>
    public Task Running => _running.Task;

    /// <summary>Turns so far.</summary>
    public long Turns => Volatile.Read(ref _turns);

    /// <summary>Since when it has not begun another turn.</summary>
    public TimeSpan Age => TimeSpan.FromMilliseconds((HostClock.Monotonic - Volatile.Read(ref _now)) / 1_000_000);

    public CoreInboxes Inboxes => _inboxes;

    /// <summary>How long turns take.</summary>
    public LatencyHistogram TurnTimes { get; } = new();

    public void Start()
    {
        _now = HostClock.Monotonic;
        _thread.Start();
    }

    /// <summary>Ends after the present turn.</summary>
    public void Stop()
    {
        _isStopping = true;
        _wake.Set();
    }

    /// <summary>Has something done on the core's thread, between two turns.</summary>
    public async Task<T> AskAsync<T>(Func<Member, T> question, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _inboxes.Orders.PostAsync(
            replica =>
            {
                try
                {
                    answer.SetResult(question(replica));
                }
#pragma warning disable CA1031 // Whoever asked is told, whatever it is.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    answer.TrySetException(exception);
                    if (exception is InvariantViolationException)
                    {
                        throw;
                    }
                }
            },
            bytes: 0,
            cancellation);
        var first = await Task.WhenAny(answer.Task, _ended.Task).WaitAsync(cancellation);
        return first == answer.Task || answer.Task.IsCompleted
            ? await answer.Task
            : throw new InvalidOperationException("The member has stopped.");
    }

    private void Run()
    {
        try
        {
            var timeout = TimeSpan.Zero;
            while (!_isStopping)
            {
                _wake.Wait(timeout);
                timeout = Turn();
                if (_replica.Phase == ReplicaPhase.Failed)
                {
                    throw new ReplicaFailedException(_replica.Failure);
                }
            }

            _ended.SetResult();
        }
#pragma warning disable CA1031 // Whatever it is, the process ends with it, and its last line tells it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _ended.SetException(exception);
        }
    }

    /// <summary>One turn.</summary>
    /// <returns>How long there is nothing to do unless something comes in.</returns>
    private TimeSpan Turn()
    {
        Volatile.Write(ref _turns, _turns + 1);
        Volatile.Write(ref _now, HostClock.Monotonic);
        _replica.Tick(_now, HostClock.Wall);
        while (_disk.TryTake(out var request))
        {
            _replica.Complete(request!);
        }

        foreach (var letter in _inboxes.Letters.Take())
        {
            _replica.Receive(in letter.Header, letter.Body);
            letter.Release();
        }

        foreach (var order in _inboxes.Orders.Take())
        {
            order(_replica);
        }

        TellLeader();
        TellPeers();
        _desk.Look();
        foreach (var request in _inboxes.Requests.Take())
        {
            _desk.Take(in request);
        }

        var timeout = RunReplica();
        TurnTimes.Add(HostClock.Monotonic - _now);
        return timeout;
    }

    // Whom to speak with changes with the configuration, and with what is known of where they are.
    private void TellPeers()
    {
        if (_replica.Phase == ReplicaPhase.Running)
        {
            _places.Follow(_replica.Node.Configuration, _replica.Node.Status.Role == RaftRole.Leader, _now);
        }
    }

    private TimeSpan RunReplica()
    {
        for (var i = 0; i < RunsMax; i++)
        {
            _desk.Ask();
            var isMoving = _replica.Run();
            TellLeader();
            _desk.Serve(_now);
            if (!isMoving && !_desk.HasProposed)
            {
                return UntilDue();
            }
        }

        return TimeSpan.Zero;
    }

    private void TellLeader()
    {
        if (_replica.Phase == ReplicaPhase.Running)
        {
            var leader = _replica.Node.Status.Leader.Number;
            if (leader != _output.Leader.Node)
            {
                _output.Leader = new LeaderAddress(leader, _places.ClientAddressOf(leader));
            }

            _running.TrySetResult();
        }
    }

    private TimeSpan UntilDue()
    {
        var due = Math.Min(_tickNanos, _replica.Log.NextDeadline - HostClock.Monotonic);
        return due <= 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Max(1, due / 1_000_000));
    }
}

/// <summary>Where members are, and the connections to them.</summary>
internal interface IMemberPlaces
{
    /// <summary>Where clients reach a member, HOST:PORT in UTF-8; empty where it is not known.</summary>
    ReadOnlyMemory<byte> ClientAddressOf(uint node);

    /// <summary>Goes with the members in force.</summary>
    /// <param name="members">The members; nobody on a member that was not told yet.</param>
    /// <param name="isLeader">Whether this one leads: it tells the others where the members are.</param>
    /// <param name="now">Monotonic time.</param>
    void Follow(Configuration members, bool isLeader, long now);
}

/// <summary>What waits for the core's thread.</summary>
internal sealed class CoreInboxes(WakeSignal wake)
{
    public Inbox<PeerLetter> Letters { get; } = new(wake, countMax: 16_384, bytesMax: 64 << 20);

    public Inbox<ClientRequest> Requests { get; } = new(wake, countMax: 65_536, bytesMax: 64 << 20);

    public Inbox<Action<Member>> Orders { get; } = new(wake, countMax: 1_024, bytesMax: 1);
}

/// <summary>The replica cannot go on; see the reason.</summary>
/// <param name="failure">The reason.</param>
internal sealed class ReplicaFailedException(ReplicaFailure failure) : Exception($"The replica failed: {failure}.")
{
    public ReplicaFailure Failure => failure;
}
