using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class CommandDecoderTests
{
    private static readonly DedupMode[] Modes = [DedupMode.None, DedupMode.Session, DedupMode.Keyed];

    public static TheoryData<CommandKind> Kinds => [.. CommandRules.Kinds.ToArray()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Filled_in_command_is_canonical(CommandKind kind) =>
        Assert.Equal(RejectCode.None, CommandDecoder.Check(Sample.Of(kind)));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Reserved_byte_that_is_set_is_not_canonical(CommandKind kind)
    {
        var reserved = Layout.LeavesOf(Sample.LayoutOf(kind)).Where(leaf => leaf.IsReserved).ToList();
        Assert.NotEmpty(reserved);
        foreach (var place in reserved.SelectMany(leaf => Enumerable.Range(leaf.Offset, leaf.Size)))
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var command = Sample.Of(kind);
                command[place] = (byte)(1 << bit);
                Assert.Equal(RejectCode.NotCanonical, CommandDecoder.Check(command));
            }
        }
    }

    [Theory]
    [Trait("Covers", "H-46")]
    [MemberData(nameof(Kinds))]
    public void Value_that_an_enumeration_does_not_define_is_not_canonical(CommandKind kind)
    {
        var layout = Sample.LayoutOf(kind);
        foreach (var leaf in Layout.LeavesOf(layout).Where(leaf => leaf.Type.IsEnum))
        {
            for (var value = 0; value < 256; value++)
            {
                var command = Sample.Of(kind);
                command[leaf.Offset] = (byte)value;
                Assert.Equal(NaiveDecoder.Check(command), CommandDecoder.Check(command));
            }

            var undefined = Sample.Of(kind);
            undefined[leaf.Offset] = 200;
            var expected = leaf.Name == "Header.Kind" ? RejectCode.Malformed : RejectCode.NotCanonical;
            Assert.Equal(expected, CommandDecoder.Check(undefined));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_value_of_every_byte_is_judged_as_the_rules_say(CommandKind kind)
    {
        foreach (var mode in Modes)
        {
            var command = Sample.Of(kind);
            Sample.Identify(command, Sample.LayoutOf(kind), mode);
            for (var place = 0; place < command.Length; place++)
            {
                var original = command[place];
                for (var value = 0; value < 256; value++)
                {
                    command[place] = (byte)value;
                    var expected = NaiveDecoder.Check(command);
                    var actual = CommandDecoder.Check(command);
                    var where = $"{kind} by {mode}, byte {place} = {value}";
                    Assert.True(expected == actual, $"{where}: {actual}, not {expected}");
                }

                command[place] = original;
            }
        }
    }

    [Fact]
    public void Any_two_changed_bytes_are_judged_as_the_rules_say()
    {
        // A fixed sequence of places and values (a multiplicative generator), not chance.
        var state = 0x2545F4914F6CDD1DUL;
        uint Next(uint bound)
        {
            state = unchecked(state * 6364136223846793005UL + 1442695040888963407UL);
            return (uint)((state >> 33) % bound);
        }

        for (var round = 0; round < 30_000; round++)
        {
            var kinds = CommandRules.Kinds;
            var command = Sample.Of(kinds[(int)Next((uint)kinds.Length)]);
            for (var change = 0; change < 2; change++)
            {
                command[Next((uint)command.Length)] = (byte)(Next(2) == 0 ? Next(256) : Next(8));
            }

            Assert.Equal(NaiveDecoder.Check(command), CommandDecoder.Check(command));
        }
    }

    [Theory]
    [InlineData(CommandKind.CancelOrder)]
    [InlineData(CommandKind.AmendOrder)]
    [InlineData(CommandKind.ReplaceOrder)]
    public void Order_is_named_by_its_id_or_the_clients_and_never_by_both_or_neither(CommandKind kind)
    {
        var layout = Sample.LayoutOf(kind);
        foreach (var (orderId, clientOrderId, expected) in new[]
        {
            (0UL, 0UL, RejectCode.NotCanonical), (1UL, 0UL, RejectCode.None), (0UL, 1UL, RejectCode.None),
            (1UL, 1UL, RejectCode.NotCanonical),
        })
        {
            var command = Sample.Of(kind);
            Sample.Set(command, layout, "OrderId", orderId);
            Sample.Set(command, layout, "ClientOrderId", clientOrderId);
            Assert.Equal(expected, CommandDecoder.Check(command));
        }

        var high = Sample.Of(kind);
        Sample.Set(high, layout, "OrderId", 0);
        high[72 + 15] = 1;
        Assert.Equal(RejectCode.None, CommandDecoder.Check(high));
    }

    [Fact]
    public void Fence_names_a_kind_that_takes_keys_and_a_key_that_is_not_zero()
    {
        for (var kind = 0; kind < 256; kind++)
        {
            var fence = Sample.Of(CommandKind.FenceCommand);
            Sample.Set(fence, typeof(FenceCommand), "TargetKind", (ulong)kind);
            var takesKeys = kind != 0
                && Enum.IsDefined((CommandKind)kind)
                && !NaiveDecoder.WithoutIdentity.Contains((CommandKind)kind);
            Assert.Equal(takesKeys ? RejectCode.None : RejectCode.NotCanonical, CommandDecoder.Check(fence));
        }

        var keyless = Sample.Of(CommandKind.FenceCommand);
        Sample.Set(keyless, typeof(FenceCommand), "Target", 0);
        Assert.Equal(RejectCode.NotCanonical, CommandDecoder.Check(keyless));
        keyless[64 + 15] = 1;
        Assert.Equal(RejectCode.None, CommandDecoder.Check(keyless));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Identity_fields_are_set_exactly_as_the_dedup_mode_says(CommandKind kind)
    {
        var layout = Sample.LayoutOf(kind);
        for (var combination = 0; combination < 4 * 8; combination++)
        {
            var command = Sample.Of(kind);
            Sample.Set(command, layout, "Header.Dedup", (ulong)(combination / 8));
            Sample.Set(command, layout, "Header.Session", (ulong)(combination & 1));
            Sample.Set(command, layout, "Header.Stamp", (ulong)((combination >> 1) & 1));
            Sample.Set(command, layout, "Header.Key", (ulong)((combination >> 2) & 1));
            Assert.Equal(NaiveDecoder.Check(command), CommandDecoder.Check(command));
        }
    }

    [Fact]
    public void Commands_that_take_no_identity_are_the_five_of_the_readme()
    {
        var kinds = CommandRules.Kinds.ToArray().Where(kind => !CommandRules.Of(kind).NeedsIdentity);
        Assert.Equal(
            [
                CommandKind.TestOrder, CommandKind.SetSessionConnection, CommandKind.FenceCommand,
                CommandKind.AdvanceDrain, CommandKind.AnnounceBehaviour,
            ],
            kinds);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_other_length_is_malformed(CommandKind kind)
    {
        var command = Sample.Of(kind);
        for (var length = 0; length < command.Length + 80; length++)
        {
            var bytes = new byte[length];
            command.AsSpan(0, Math.Min(length, command.Length)).CopyTo(bytes);
            var expected = length == command.Length ? RejectCode.None : RejectCode.Malformed;
            Assert.Equal(expected, CommandDecoder.Check(bytes));
            if (length >= 64)
            {
                Sample.Set(bytes, typeof(CommandHeader), "Length", (ulong)length);
                Assert.Equal(expected, CommandDecoder.Check(bytes));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Unknown_version_is_told_before_what_is_not_canonical(CommandKind kind)
    {
        foreach (var version in new byte[] { 0, 2, 3, 255 })
        {
            var command = Sample.Of(kind);
            command[3] = version;
            command[5] = 1;
            Assert.Equal(RejectCode.UnsupportedVersion, CommandDecoder.Check(command));
        }
    }

    [Fact]
    public void Thousand_checks_allocate_nothing()
    {
        var commands = CommandRules.Kinds.ToArray().Select(Sample.Of).ToArray();
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                CommandDecoder.Check(commands[i % commands.Length]);
            }
        }));
    }

    [Fact]
    public void An_allocation_planted_in_each_call_is_seen_in_every_round()
    {
        object? last = null;
        Assert.NotEqual(0, Allocations.Fewest(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                CommandDecoder.Check([]);
                last = new object();
            }
        }));
        Assert.NotNull(last);
    }

    [Fact]
    public void An_allocation_made_once_is_not_taken_for_one_of_each_call()
    {
        byte[]? table = null;
        Assert.Equal(0, Allocations.Fewest(() => table ??= new byte[6_296]));
        Assert.NotNull(table);
    }
}
