using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Workloads;

/// <summary>The commands of gateways, drains and members, as bytes.</summary>
public static class ServiceCommands
{
    public static Command SetConnection(SessionId session, bool connected)
    {
        var command = Command.Of<SetSessionConnection>(CommandKind.SetSessionConnection);
        ref var notice = ref command.As<SetSessionConnection>();
        notice.Session = session;
        notice.Connected = connected ? (byte)1 : (byte)0;
        return command;
    }

    /// <summary>Asks whether a keyed command entered, and keeps it out where it did not.</summary>
    public static Command Fence(Command target) => Fence(
        target.Header.Account,
        target.Header.Instrument,
        target.Kind,
        target.Header.Key,
        target.Header.Stamp);

    public static Command Fence(
        AccountId account, InstrumentId instrument, CommandKind kind, UInt128 key, ulong createdAt)
    {
        var command = Command.Of<FenceCommand>(CommandKind.FenceCommand, account, instrument);
        ref var fence = ref command.As<FenceCommand>();
        fence.Target = key;
        fence.TargetCreatedAt = createdAt;
        fence.TargetKind = kind;
        return command;
    }

    public static Command ClaimDrain(uint drain)
    {
        var command = Command.Of<ClaimDrain>(CommandKind.ClaimDrain);
        command.As<ClaimDrain>().Drain = drain;
        return command;
    }

    public static Command AdvanceDrain(uint drain, ulong token, ulong position)
    {
        var command = Command.Of<AdvanceDrain>(CommandKind.AdvanceDrain);
        ref var advance = ref command.As<AdvanceDrain>();
        advance.Drain = drain;
        advance.Token = token;
        advance.Position = position;
        return command;
    }

    public static Command DropDrain(uint drain)
    {
        var command = Command.Of<DropDrain>(CommandKind.DropDrain);
        command.As<DropDrain>().Drain = drain;
        return command;
    }

    public static Command AnnounceBehaviour(uint member, uint versionMax, bool voter)
    {
        var command = Command.Of<AnnounceBehaviour>(CommandKind.AnnounceBehaviour);
        ref var announcement = ref command.As<AnnounceBehaviour>();
        announcement.Member = member;
        announcement.VersionMax = versionMax;
        announcement.Voter = voter ? (byte)1 : (byte)0;
        return command;
    }

    public static Command RaiseBehaviour(uint version)
    {
        var command = Command.Of<RaiseBehaviour>(CommandKind.RaiseBehaviour);
        command.As<RaiseBehaviour>().Version = version;
        return command;
    }
}
