using Exchange.Rsm.Replication.Raft;

namespace Exchange.Rsm.Replication.Tests.Raft.Driving;

/// <summary>Words for scripts: logs put in place, messages written by hand.</summary>
internal static class Script
{
    internal delegate void Edit(ref PeerMessage message);

    /// <summary>Gives a member another past: its term, and entries of these terms.</summary>
    public static void Load(this TestCluster cluster, uint number, ulong term, params ulong[] terms)
    {
        var member = cluster[number];
        member.Stop();
        member.Disk = new TestDisk { Snapshot = RaftStart.Founded(cluster.Founders) };
        member.Disk.Restore(new HardState { Term = term }, TestLog.Of(cluster.Hasher, terms));
        member.IsNew = true;
        cluster.Restart(number);
    }

    /// <summary>A message that somebody might have sent.</summary>
    public static Letter Forge(
        this TestCluster cluster,
        PeerMessageKind kind,
        uint from,
        uint to,
        ulong term,
        Edit edit,
        params byte[][] entries)
    {
        byte[] body = [.. entries.SelectMany(entry => entry)];
        var message = new PeerMessage
        {
            ClusterId = TestCluster.ClusterId,
            Epoch = TestCluster.Epoch,
            Kind = kind,
            From = TestCluster.Id(from),
            To = cluster[to].Id,
            Term = term,
            Sequence = 1_000_000,
            Clock = cluster.Now + TestCluster.ClockStart,
            EntryCount = (uint)entries.Length,
        };
        edit(ref message);
        PeerMessageCodec.Seal(ref message, body);
        return new Letter(message, body);
    }

    public static Letter RequestVote(
        this TestCluster cluster,
        uint from,
        uint to,
        ulong term,
        ulong lastIndex,
        ulong lastTerm) =>
        cluster.Forge(PeerMessageKind.RequestVote, from, to, term, (ref PeerMessage message) =>
        {
            message.Index = lastIndex;
            message.LogTerm = lastTerm;
        });

    public static Letter Append(
        this TestCluster cluster,
        uint from,
        uint to,
        ulong term,
        ulong index,
        ulong logTerm,
        ulong commit,
        params byte[][] entries) =>
        cluster.Forge(
            PeerMessageKind.AppendEntries,
            from,
            to,
            term,
            (ref PeerMessage message) =>
            {
                message.Index = index;
                message.LogTerm = logTerm;
                message.CommitIndex = commit;
            },
            entries);

    /// <summary>The only message under way of a kind between two.</summary>
    public static Letter One(this TestCluster cluster, PeerMessageKind kind, uint from, uint to) =>
        Assert.Single(cluster.Letters, letter => letter.Kind == kind && letter.From == from && letter.To == to);

    public static bool IsUnderWay(this TestCluster cluster, PeerMessageKind kind, uint from, uint to) =>
        cluster.Letters.Exists(letter => letter.Kind == kind && letter.From == from && letter.To == to);

    public static bool IsGranted(this Letter letter) => (letter.Message.Flags & MessageFlags.Granted) != 0;

    /// <summary>Terms of the entries that the member's disk holds.</summary>
    public static ulong[] Terms(this TestMember member) =>
        [.. member.Disk.Entries.Select(entry => TestDisk.PointOf(entry).Term)];

    public static Configuration Joined(this Configuration configuration, uint number, MemberRoles roles) =>
        configuration.With(TestCluster.Id(number), roles);
}
