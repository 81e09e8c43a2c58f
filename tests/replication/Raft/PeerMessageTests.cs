using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Raft.Driving;

namespace Exchange.Rsm.Replication.Tests.Raft;

/// <summary>What goes over the wire between nodes: its bytes are frozen here.</summary>
public sealed class PeerMessageTests
{
    [Fact]
    public void Envelope_has_the_golden_bytes()
    {
        var message = Sample();
        PeerMessageCodec.Seal(ref message, [1, 2, 3]);
        var bytes = new byte[PeerMessageCodec.HeaderSize];
        PeerMessageCodec.Write(in message, bytes);
        Golden.Check("peer-message.txt", Golden.Lines(bytes));
        Assert.Equal(PeerMessageError.None, PeerMessageCodec.Read(bytes, out var read));
        Assert.Equal(message, read);
        Assert.Equal(PeerMessageError.None, PeerMessageCodec.CheckBody(in read, [1, 2, 3]));
    }

    [Fact]
    public void Configuration_has_the_golden_bytes()
    {
        var from = Configuration.OfVoters(new MemberId(1, 1), new MemberId(2, 7), new MemberId(3, 1));
        var to = from.With(new MemberId(3, 1), MemberRoles.None).With(new MemberId(4, 2), MemberRoles.Voter);
        var joint = from.ToJoint(to.With(new MemberId(9, 1), MemberRoles.Learner | MemberRoles.Promotable));
        var bytes = new byte[joint.EncodedLength];
        joint.Encode(bytes);
        Golden.Check("configuration.txt", Golden.Lines(bytes));
        Assert.True(Configuration.TryDecode(bytes, out var read));
        Assert.Equal(joint.Members.ToArray(), read.Members.ToArray());
        for (var i = 0; i < bytes.Length; i++)
        {
            var flipped = bytes.ToArray();
            flipped[i] ^= 0x40;
            if (Configuration.TryDecode(flipped, out var other))
            {
                var again = new byte[other.EncodedLength];
                other.Encode(again);
                Assert.Equal(flipped, again);
            }
        }
    }

    [Fact]
    public void Every_flipped_bit_of_an_envelope_is_noticed()
    {
        var message = Sample();
        PeerMessageCodec.Seal(ref message, []);
        var bytes = new byte[PeerMessageCodec.HeaderSize];
        PeerMessageCodec.Write(in message, bytes);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(PeerMessageError.Checksum, PeerMessageCodec.Read(bytes, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Whole_envelopes_that_are_no_messages_are_named()
    {
        Assert.Equal(PeerMessageError.TooShort, PeerMessageCodec.Read(new byte[10], out _));
        Assert.Equal(PeerMessageError.Version, Errors(static (ref PeerMessage message) => message.Version = 2));
        Assert.Equal(PeerMessageError.Kind, Errors(static (ref PeerMessage message) => message.Kind = 0));
        Assert.Equal(PeerMessageError.Kind, Errors(static (ref PeerMessage m) => m.Kind = (PeerMessageKind)19));
        Assert.Equal(PeerMessageError.Reserved, Errors(static (ref PeerMessage message) => message.Reserved0 = 1));
        Assert.Equal(PeerMessageError.Reserved, Errors(static (ref PeerMessage m) => m.Flags = (MessageFlags)32));
        Assert.Equal(PeerMessageError.Reserved, Errors(static (ref PeerMessage m) => m.Reason = (AnswerReason)13));
        Assert.Equal(
            PeerMessageError.BodyTooLong,
            Errors(static (ref PeerMessage m) => m.BodyLength = PeerMessageCodec.BodyLengthMax + 1));
        var sealedMessage = Sample();
        PeerMessageCodec.Seal(ref sealedMessage, [1, 2]);
        Assert.Equal(PeerMessageError.BodyLength, PeerMessageCodec.CheckBody(in sealedMessage, [1]));
        Assert.Equal(PeerMessageError.BodyChecksum, PeerMessageCodec.CheckBody(in sealedMessage, [1, 3]));
    }

    [Fact]
    public void Numbers_on_the_wire_are_kept()
    {
        Assert.Equal(Enumerable.Range(0, 19), Enum.GetValues<PeerMessageKind>().Select(kind => (int)kind));
        Assert.Equal(Enumerable.Range(0, 13), Enum.GetValues<AnswerReason>().Select(reason => (int)reason));
        Assert.Equal([0, 1, 2, 4, 8, 16], Enum.GetValues<MessageFlags>().Select(flag => (int)flag));
        Assert.Equal([0, 1, 2, 4, 8], Enum.GetValues<MemberRoles>().Select(role => (int)role));
    }

    private static PeerMessageError Errors(Script.Edit edit)
    {
        var message = Sample();
        PeerMessageCodec.Seal(ref message, []);
        edit(ref message);
        message.Checksum = Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<PeerMessage>(in message))[..220]);
        return PeerMessageCodec.Check(in message);
    }

    private static PeerMessage Sample() => new()
    {
        ClusterId = new UInt128(0x1122334455667788, 0x99AABBCCDDEEFF00),
        Term = 0x0101,
        Index = 0x0202,
        LogTerm = 0x0303,
        CommitIndex = 0x0404,
        Sequence = 0x0505,
        EchoSequence = 0x0606,
        SentAt = 0x0707,
        EchoSentAt = 0x0808,
        Clock = 0x0909,
        ReadContext = 0x0A0A,
        AppliedIndex = 0x0B0B,
        StateHash = 0x0C0C,
        EventChainHash = 0x0D0D,
        HintIndex = 0x0E0E,
        HintTerm = 0x0F0F,
        Offset = 0x1010,
        Length = 0x1111,
        From = new MemberId(1, 2),
        To = new MemberId(3, 4),
        ChainHash = ChainHash.From([.. Enumerable.Range(0, 32).Select(i => (byte)i)]),
        EntryCount = 0x1212,
        Epoch = 0x1313,
        Kind = PeerMessageKind.InstallSnapshot,
        Flags = MessageFlags.Chained,
        Reason = AnswerReason.Busy,
    };
}
