using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>
/// A client as the core sees it: its user, and the session or keys by which its commands are told apart.
/// </summary>
public sealed class ClientIdentity
{
    private readonly UInt128 _keysAfter;

    private ClientIdentity(UserId user, SessionId session, UInt128 keysAfter)
    {
        User = user;
        Session = session;
        _keysAfter = keysAfter;
    }

    public UserId User { get; }

    /// <summary>The session; zero where the client uses keys.</summary>
    public SessionId Session { get; }

    /// <summary>Commands stamped so far. In a session the next number is one more.</summary>
    public ulong Stamped { get; private set; }

    public static ClientIdentity InSession(UserId user, SessionId session)
    {
        Invariant.Check(session.Value != 0);
        return new ClientIdentity(user, session, UInt128.Zero);
    }

    /// <summary>Keys count up from the one after the given.</summary>
    public static ClientIdentity ByKey(UserId user, UInt128 keysAfter) => new(user, default, keysAfter);

    /// <summary>Makes the command the client's next one.</summary>
    /// <param name="command">Changed in place and returned.</param>
    /// <param name="now">Log time, for the key's stamp.</param>
    public Command Stamp(Command command, long now)
    {
        Stamped++;
        command.By(User);
        return Session.Value != 0
            ? command.InSession(Session, Stamped)
            : command.Keyed(_keysAfter + Stamped, now);
    }
}
