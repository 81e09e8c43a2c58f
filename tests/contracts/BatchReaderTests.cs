using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class BatchReaderTests
{
    [Fact]
    public void Commands_back_to_back_come_out_one_by_one()
    {
        var commands = CommandRules.Kinds.ToArray().Select(Sample.Of).ToList();
        var read = Read([.. commands.SelectMany(command => command)]);
        Assert.Equal(commands, read);
    }

    [Fact]
    public void Empty_payload_holds_no_command() => Assert.Empty(Read([]));

    [Fact]
    public void Command_shorter_than_a_header_is_the_last_and_malformed()
    {
        var command = Sample.Of(CommandKind.CancelAll);
        foreach (var length in new byte[] { 0, 1, 63 })
        {
            var broken = (byte[])command.Clone();
            broken[0] = length;
            var read = Read([.. command, .. broken, .. command]);
            Assert.Equal([command, [.. broken, .. command]], read);
            Assert.Equal(RejectCode.Malformed, CommandDecoder.Check(read[1]));
        }
    }

    [Fact]
    public void Command_that_runs_past_the_payload_is_the_last_and_malformed()
    {
        var command = Sample.Of(CommandKind.PlaceOrder);
        for (var length = 1; length < command.Length; length++)
        {
            var read = Read([.. command, .. command[..length]]);
            Assert.Equal([command, command[..length]], read);
            Assert.Equal(RejectCode.Malformed, CommandDecoder.Check(read[1]));
        }
    }

    [Fact]
    public void Wrong_length_of_a_known_kind_only_costs_itself_where_framing_holds()
    {
        var place = Sample.Of(CommandKind.PlaceOrder);
        place[2] = (byte)CommandKind.CancelAll;
        var next = Sample.Of(CommandKind.CancelAll);
        var read = Read([.. place, .. next]);
        Assert.Equal([place, next], read);
        Assert.Equal(RejectCode.Malformed, CommandDecoder.Check(read[0]));
        Assert.Equal(RejectCode.None, CommandDecoder.Check(read[1]));
    }

    [Fact]
    public void Lost_framing_is_malformed_whatever_the_length_says()
    {
        for (var length = 0; length <= 300; length++)
        {
            for (var stated = 0; stated <= ushort.MaxValue; stated += stated is < 400 ? 1 : 97)
            {
                var payload = new byte[length];
                BitConverter.TryWriteBytes(payload, (ushort)stated);
                var read = Read(payload);
                Assert.Equal(length, read.Sum(command => command.Length));
                Assert.All(read, command => Assert.Equal(RejectCode.Malformed, CommandDecoder.Check(command)));
            }
        }
    }

    private static List<byte[]> Read(byte[] payload)
    {
        List<byte[]> commands = [];
        var reader = new BatchReader(payload);
        while (reader.TryRead(out var command))
        {
            Assert.False(command.IsEmpty);
            commands.Add(command.ToArray());
        }

        Assert.False(reader.TryRead(out _));
        return commands;
    }
}
