using System.Runtime.CompilerServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Hosts.Replica.Clients;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>A checked submission that waits for its entry.</summary>
internal readonly record struct Submission(ClientRequest Request, uint Count, uint User)
{
    public ReadOnlySpan<byte> Commands => Request.Body[Unsafe.SizeOf<SubmitHeader>()..];
}

/// <summary>
/// Submissions that wait for the next entry. Those of one user keep their order; where there is more than an entry
/// holds, users take turns, so that one who floods the exchange makes himself wait and nobody else. Bounded as a whole
/// and for each user; the bound of a user is a part of the whole.
/// </summary>
internal sealed class CommandQueue(int commandsMax, long bytesMax)
{
    // What a user gives before it is the next one's turn.
    private const int CommandsPerTurn = 64;

    // Users without anything waiting are remembered for their memory's sake only.
    private const int UsersMax = 4096;

    private readonly Dictionary<uint, UserQueue> _users = [];
    private readonly Queue<UserQueue> _turns = new();

    private sealed class UserQueue
    {
        public readonly Queue<Submission> Waiting = new();
        public int Commands;
        public int Given;
    }

    /// <summary>Commands that wait.</summary>
    public int Commands { get; private set; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Submissions that found no room.</summary>
    public long Refused { get; private set; }

    /// <summary>Users with commands that wait.</summary>
    public int Users => _turns.Count;

    public bool TryAdd(in Submission submission)
    {
        var count = (int)submission.Count;
        var length = submission.Commands.Length;
        if (!_users.TryGetValue(submission.User, out var user))
        {
            user = new UserQueue();
        }

        // A submission alone always finds room: the largest one is smaller than the bounds.
        var isTooMuch = Commands + count > commandsMax
            || Bytes + length > bytesMax
            || (user.Commands > 0 && user.Commands + count > commandsMax / 4);
        if (isTooMuch)
        {
            Refused++;
            return false;
        }

        _users.TryAdd(submission.User, user);
        if (user.Waiting.Count == 0)
        {
            _turns.Enqueue(user);
        }

        user.Waiting.Enqueue(submission);
        user.Commands += count;
        Commands += count;
        Bytes += length;
        return true;
    }

    /// <summary>Takes the next submission, if it fits.</summary>
    /// <param name="countMax">Most commands.</param>
    /// <param name="lengthMax">Most bytes.</param>
    /// <param name="submission">The submission.</param>
    /// <returns>False where there is none, or it is too large.</returns>
    public bool TryTake(int countMax, int lengthMax, out Submission submission)
    {
        submission = default;
        if (!_turns.TryPeek(out var user))
        {
            return false;
        }

        submission = user.Waiting.Peek();
        var count = (int)submission.Count;
        var length = submission.Commands.Length;
        if (count > countMax || length > lengthMax)
        {
            return false;
        }

        user.Waiting.Dequeue();
        user.Commands -= count;
        user.Given += count;
        Commands -= count;
        Bytes -= length;
        Invariant.Check(Commands >= 0);
        Invariant.Check(Bytes >= 0);
        EndTurn(user);
        return true;
    }

    private void EndTurn(UserQueue user)
    {
        if (user.Waiting.Count > 0 && user.Given < CommandsPerTurn)
        {
            return;
        }

        user.Given = 0;
        _turns.Dequeue();
        if (user.Waiting.Count > 0)
        {
            _turns.Enqueue(user);
        }
        else if (_users.Count > UsersMax && _turns.Count == 0)
        {
            _users.Clear();
        }
    }
}
