using System.Text;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class GoldenBytesTests
{
    private const string File = "golden-bytes.txt";

    [Fact]
    public void Every_command_event_result_and_header_has_the_bytes_it_always_had()
    {
        var text = new StringBuilder();
        foreach (var (name, _, bytes) in Samples())
        {
            text.Append(name).Append(' ').Append(bytes.Length).Append('\n');
            for (var start = 0; start < bytes.Length; start += 32)
            {
                var line = bytes.AsSpan(start, Math.Min(32, bytes.Length - start));
                text.Append("  ").Append(Convert.ToHexStringLower(line)).Append('\n');
            }
        }

        Golden.Check(File, text.ToString());
    }

    [Fact]
    public void Golden_bytes_decode_to_the_values_they_were_made_of()
    {
        var golden = ReadGolden();
        foreach (var (name, layout, bytes) in Samples())
        {
            var decoded = Layout.Read(layout, golden[name]);
            var expected = Layout.Read(layout, bytes);
            foreach (var field in Layout.Of(layout))
            {
                Assert.Equal(field.Info.GetValue(expected), field.Info.GetValue(decoded));
            }

            Assert.Equal(bytes, Layout.Write(decoded));
        }
    }

    [Fact]
    public void Golden_commands_are_canonical()
    {
        var golden = ReadGolden();
        foreach (var kind in CommandRules.Kinds)
        {
            Assert.Equal(RejectCode.None, CommandDecoder.Check(golden["command " + kind]));
        }
    }

    [Fact]
    public void A_few_fields_read_by_hand_stand_where_the_bytes_say()
    {
        var place = new PlaceOrder
        {
            Header = new() { Length = 144, Kind = CommandKind.PlaceOrder, Version = 1, Account = new(0x01020304) },
            Price = new(0x1122334455),
            ClientOrderId = new UInt128(0x0102030405060708, 0x1112131415161718),
            Side = Side.Sell,
            Flags = PlaceOrder.PostOnlyFlag,
        };
        var bytes = Layout.Write(place);
        Assert.Equal("9000010100000000" + "04030201", Convert.ToHexStringLower(bytes.AsSpan(0, 12)));
        Assert.Equal("5544332211000000", Convert.ToHexStringLower(bytes.AsSpan(64, 8)));
        Assert.Equal("1817161514131211" + "0807060504030201", Convert.ToHexStringLower(bytes.AsSpan(120, 16)));
        Assert.Equal("0100000001000000", Convert.ToHexStringLower(bytes.AsSpan(136, 8)));
    }

    private static IEnumerable<(string Name, Type Layout, byte[] Bytes)> Samples()
    {
        foreach (var kind in CommandRules.Kinds.ToArray())
        {
            yield return ("command " + kind, Sample.LayoutOf(kind), Sample.Of(kind));
        }

        foreach (var kind in EventLayouts.Kinds.ToArray())
        {
            yield return ("event " + kind, Sample.LayoutOf(kind), Sample.Of(kind));
        }

        foreach (var layout in new[] { typeof(CommandResult), typeof(EntryHeader), typeof(SnapshotRecordHeader) })
        {
            yield return (layout.Name, layout, Sample.Of(layout));
        }
    }

    private static Dictionary<string, byte[]> ReadGolden()
    {
        Dictionary<string, byte[]> golden = [];
        var name = "";
        foreach (var line in System.IO.File.ReadAllLines(Golden.PathOf(File)))
        {
            if (line.StartsWith(' '))
            {
                golden[name] = [.. golden[name], .. Convert.FromHexString(line.Trim())];
            }
            else
            {
                name = line[..line.LastIndexOf(' ')];
                golden[name] = [];
            }
        }

        return golden;
    }
}
