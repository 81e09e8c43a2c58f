using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Exchange.Rsm.Replication.Journal;
using Exchange.Rsm.Replication.Raft;
using Exchange.Rsm.Replication.Tests.Snapshots;

namespace Exchange.Rsm.Replication.Tests.Replica;

/// <summary>
/// A drain: it follows one member's events after the other's, by its own position, and asserts that it sees every event
/// once, in order, without a hole in any stream.
/// </summary>
internal sealed class EventReader
{
    private readonly ulong[] _seq = new ulong[2];
    private readonly byte[] _buffer = new byte[2048];

    /// <summary>The first entry not read yet.</summary>
    public ulong Position { get; private set; } = 1;

    /// <summary>What was seen, in order.</summary>
    public List<(byte Stream, ulong Seq, ulong Index, ulong What)> Seen { get; } = [];

    public JournalAnswer LastAnswer { get; private set; }

    /// <summary>Where the member has no more, a hint may say who has.</summary>
    public MemberId Hint { get; private set; }

    /// <summary>Reads what the member has at the moment.</summary>
    public void Follow(TestReplica member)
    {
        for (var turn = 0; turn < 64; turn++)
        {
            member.Replica.ReadEvents(Position, _buffer, out var read);
            LastAnswer = read.Answer;
            if (read.Answer != JournalAnswer.Records)
            {
                Hint = read.Answer == JournalAnswer.Gap ? member.Replica.EventsHint(Position) : default;
                return;
            }

            for (ReadOnlySpan<byte> rest = _buffer.AsSpan(0, read.Length); !rest.IsEmpty;)
            {
                var header = MemoryMarshal.Read<JournalRecordHeader>(rest);
                Take(in header, rest[JournalRecordHeader.Size..(int)header.Length]);
                rest = rest[header.PaddedLength..];
            }
        }
    }

    private void Take(in JournalRecordHeader header, ReadOnlySpan<byte> events)
    {
        Assert.Equal(Position, header.Index);
        Position++;
        for (var rest = events; !rest.IsEmpty;)
        {
            var one = rest;
            Assert.True(RecordMachine.TryTakeEvent(ref rest, out var stream, out var seq));
            Assert.Equal(_seq[(int)stream] + 1, seq);
            _seq[(int)stream] = seq;
            var index = BinaryPrimitives.ReadUInt64LittleEndian(one[16..]);
            Assert.Equal(header.Index, index);
            Seen.Add(((byte)stream, seq, index, BinaryPrimitives.ReadUInt64LittleEndian(one[24..])));
        }
    }
}
