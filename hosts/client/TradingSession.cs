using System.Diagnostics;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Client;

/// <summary>
/// Commands of one replicated session, done in the order in which they are sent, each once: across lost connections,
/// refusals and changes of the leader. Any number of callers; up to <see cref="Window"/> commands are under way.
/// <para>Where one of them was not done, those after it were not either (their numbers leave a gap). So nothing new is
/// sent until all that is under way has come back; then all that is not decided goes out again, in order, under the
/// same numbers: what was done meanwhile is answered from the exchange's own record.</para>
/// <para>Dispose of it before its client.</para>
/// </summary>
public sealed class TradingSession : IAsyncDisposable
{
    /// <summary>Commands under way at most: replies further back are no longer held by the exchange.</summary>
    public const int Window = 64;

    /// <summary>Commands that may wait for their turn behind those.</summary>
    public const int WaitingMax = 65_536;

    // What fills a hole names an order that there is not; on which instrument does not matter.
    private static readonly InstrumentId _anyInstrument = new(1);

    // The first reject code of a command that was admitted, and so used its number up.
    private const int AdmittedFrom = 30;

    private static readonly TimeSpan _delayMin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan _delayMax = TimeSpan.FromMilliseconds(200);

    private readonly ClusterClient _cluster;
    private readonly Lock _lock = new();
    private readonly Queue<Sent> _sent = new();
    private readonly Queue<Sent> _waiting = new();
    private readonly CancellationTokenSource _end = new();
    private readonly SessionAnswer _session;
    private ClientConnection? _member;
    private ClientConnectionException? _failure;
    private ulong _next;
    private int _underWay;
    private bool _isRecovering;

    // The member is no use for now, and what it said.
    private bool _isElsewhere;
    private ClientReply? _refusal;

    // Since the last decision: how long to wait before the next try, and when the first one was.
    private TimeSpan _delay;
    private long _triedAt;
    private Task _recovery = Task.CompletedTask;

    private TradingSession(ClusterClient cluster, SessionAnswer session)
    {
        _cluster = cluster;
        _session = session;
        _next = session.Next;
    }

    /// <summary>Its number in the exchange.</summary>
    public SessionId Id => _session.Session;

    /// <summary>Whose account.</summary>
    public AccountId Account => _session.Account;

    /// <summary>How long what is under way is repeated while nothing of it is decided.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often everything under way was sent again.</summary>
    public long Recoveries { get; private set; }

    /// <summary>Opens a session for an account.</summary>
    /// <param name="cluster">The way there.</param>
    /// <param name="account">Whose account.</param>
    /// <param name="grace">Cancel-on-disconnect, nanoseconds; zero switches it off.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The session.</returns>
    /// <exception cref="CommandRejectedException">The exchange does not open it.</exception>
    public static async Task<TradingSession> OpenAsync(
        ClusterClient cluster, AccountId account, long grace, CancellationToken cancellation)
    {
        var opening = new OpenSession { Grace = grace };
        var result = await cluster.ExecuteAsync(CommandKind.OpenSession, opening, account, cancellation);
        return await ResumeAsync(cluster, new SessionId((uint)result.Id), cancellation);
    }

    /// <summary>Goes on with a session that is open, and that nobody else uses.</summary>
    /// <param name="cluster">The way there.</param>
    /// <param name="session">Which one.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The session.</returns>
    /// <exception cref="ClientConnectionException">There is no such session, or nobody answers.</exception>
    public static async Task<TradingSession> ResumeAsync(
        ClusterClient cluster, SessionId session, CancellationToken cancellation)
    {
        var reply = await cluster.QueryAsync(
            new QueryHeader { Kind = QueryKind.Session, Id = session.Value }, cancellation);
        return reply.Kind == ClientMessageKind.Answer && reply.Answer.Count == 1
            ? new TradingSession(cluster, reply.RowsOf<SessionAnswer>()[0])
            : throw new ClientConnectionException($"Session {session.Value}: {Reason(reply)}.");
    }

    /// <summary>Sends a command, and waits until it is decided.</summary>
    /// <typeparam name="T">Its layout.</typeparam>
    /// <param name="kind">Its kind.</param>
    /// <param name="command">The command; its header is filled in here.</param>
    /// <param name="instrument">The instrument acted on, or none.</param>
    /// <returns>Accepted or rejected, as the exchange recorded it.</returns>
    /// <exception cref="ClientConnectionException">
    /// Nobody answered in time: the outcome is unknown. Or too many commands wait: nothing was done.
    /// </exception>
    public Task<CommandResult> SendAsync<T>(CommandKind kind, T command, InstrumentId instrument)
        where T : unmanaged
    {
        var sent = new Sent(ClientCommand.Of(kind, in command, Account, instrument));
        lock (_lock)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            if (_waiting.Count == WaitingMax)
            {
                throw new ClientConnectionException($"Session {Id.Value}: {WaitingMax} commands wait for their turn.");
            }

            _waiting.Enqueue(sent);
            if (_member is null)
            {
                Recover();
            }

            Advance();
        }

        return sent.Result.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Task recovery;
        lock (_lock)
        {
            recovery = _recovery;
        }

        Fail(new ClientConnectionException("The session was given up here; what is under way may still be done."));

        await recovery;
        _end.Dispose();
    }

    private static string Reason(ClientReply reply) =>
        reply.Kind == ClientMessageKind.Refused ? reply.Refusal.Code.ToString() : "it does not exist";

    // Under the lock. Sends what waits, as far as the window goes: numbers are given in the order of the calls.
    private void Advance()
    {
        while (_member is not null && !_isRecovering && _waiting.Count > 0
            && (_sent.Count == 0 || _next - _sent.Peek().Stamp < Window))
        {
            var sent = _waiting.Dequeue();
            sent.Number(Id, _next++);
            _sent.Enqueue(sent);
            Transmit(sent);
        }
    }

    // Under the lock.
    private void Transmit(Sent sent)
    {
        try
        {
            _underWay++;
            var reply = _member!.SubmitAsync(sent.Bytes, 1);
            _ = HearAsync(sent, reply);
        }
        catch (ClientConnectionException)
        {
            _underWay--;
            Recover();
        }
    }

    private async Task HearAsync(Sent sent, Task<ClientReply> reply)
    {
        await ((Task)reply).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _underWay--;
            if (!reply.IsCompletedSuccessfully)
            {
                Recover();
                return;
            }

            Take(sent, reply.Result);
            if (_isRecovering && _underWay == 0)
            {
                Recover();
            }
        }
    }

    // Under the lock.
    private void Take(Sent sent, ClientReply reply)
    {
        if (reply.Kind != ClientMessageKind.Committed)
        {
            if (ClusterClient.MayRepeat(reply))
            {
                _isElsewhere |= reply.Refusal.Code != RefusalCode.Overloaded;
                _refusal = reply;
                Recover();
            }
            else
            {
                Fail(new ClientConnectionException($"Session {Id.Value} is refused: {reply.Refusal.Code}."));
            }

            return;
        }

        var result = reply.Results[0];
        if (result.Code is RejectCode.SessionGap && sent == _sent.Peek())
        {
            // All before it are decided, so the number is the next one, unless the exchange forgot what it answered.
            Fail(new ClientConnectionException(
                $"Session {Id.Value} expects an earlier number: was the cluster restored? Open another one."));
        }
        else if (result.Code is RejectCode.SessionGap or RejectCode.EntryFull)
        {
            Recover();
        }
        else
        {
            Decide(sent, in result);
        }
    }

    // Under the lock.
    private void Decide(Sent sent, in CommandResult result)
    {
        _delay = TimeSpan.Zero;
        _triedAt = 0;
        sent.Result.TrySetResult(result);
        if (result.Code != RejectCode.None && (int)result.Code < AdmittedFrom)
        {
            // Refused before its number was used: those behind it wait for that number.
            if (sent.IsFiller)
            {
                Fail(new ClientConnectionException($"Session {Id.Value} is refused: {result.Code}."));
                return;
            }

            var nothing = new CancelOrder { OrderId = new OrderId(ulong.MaxValue) };
            sent.BecomeFiller(Id, ClientCommand.Of(CommandKind.CancelOrder, in nothing, Account, _anyInstrument));
            Recover();
            return;
        }

        sent.IsDecided = true;
        while (_sent.TryPeek(out var first) && first.IsDecided)
        {
            _sent.Dequeue();
        }

        Advance();
    }

    // Under the lock. The one place from which a recovery begins: when nothing is under way any more.
    private void Recover()
    {
        _isRecovering = true;
        if (_underWay == 0 && _recovery.IsCompleted && _failure is null)
        {
            _recovery = RecoverAsync();
        }
    }

    private async Task RecoverAsync()
    {
        // Leaves the lock that the caller holds.
        await Task.Yield();
        _triedAt = _triedAt == 0 ? Stopwatch.GetTimestamp() : _triedAt;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var left = GiveUpAfter - Stopwatch.GetElapsedTime(_triedAt);
        deadline.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        try
        {
            await Task.Delay(_delay, deadline.Token);
            var longer = _delay + _delay + _delayMin;
            _delay = longer < _delayMax ? longer : _delayMax;
            var member = await _cluster.ConnectAsync(_isElsewhere ? _member : null, _refusal, deadline.Token);
            lock (_lock)
            {
                (_member, _isElsewhere, _refusal) = (member, false, null);
                _isRecovering = false;
                _recovery = Task.CompletedTask;
                Recoveries++;
                SendAgain();
                Advance();
            }
        }
        catch (OperationCanceledException)
        {
            Fail(new ClientConnectionException(
                $"Session {Id.Value}: no answer for {GiveUpAfter.TotalSeconds:0} s (last refusal: "
                + $"{_refusal?.Refusal.Code ?? RefusalCode.None}). What is under way may still be done."));
        }
        catch (ClientConnectionException exception)
        {
            // Refused for good, as such.
            Fail(exception);
        }
    }

    // Under the lock. In order; the first that finds no room, or no connection, ends it.
    private void SendAgain()
    {
        foreach (var sent in _sent)
        {
            if (!sent.IsDecided && !_isRecovering)
            {
                Transmit(sent);
            }
        }
    }

    private void Fail(ClientConnectionException failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            foreach (var sent in _sent.Concat(_waiting))
            {
                sent.Result.TrySetException(_failure);
            }

            _waiting.Clear();
        }
    }

    private sealed class Sent(byte[] bytes)
    {
        public byte[] Bytes { get; private set; } = bytes;

        /// <summary>Its number in the session; zero before its turn.</summary>
        public ulong Stamp => ClientCommand.HeaderOf(Bytes).Stamp;

        public bool IsDecided { get; set; }

        public bool IsFiller { get; private set; }

        public void Number(SessionId session, ulong number) => ClientCommand.Number(Bytes, session, number);

        public TaskCompletionSource<CommandResult> Result { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Its command is answered; its number is still to be used.</summary>
        public void BecomeFiller(SessionId session, byte[] bytes)
        {
            ClientCommand.Number(bytes, session, Stamp);
            Bytes = bytes;
            IsFiller = true;
        }
    }
}
