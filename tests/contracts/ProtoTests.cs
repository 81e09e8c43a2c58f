using System.Text;
using System.Text.RegularExpressions;
using Exchange.Rsm.Contracts.Trading;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Wire = Exchange.Rsm.Proto.V1;

namespace Exchange.Rsm.Contracts.Tests;

public class ProtoTests
{
    public static TheoryData<CommandKind> Kinds => [.. CommandRules.Kinds.ToArray()];

    public static TheoryData<EventKind> Events =>
        [.. EventLayouts.Kinds.ToArray().Where(kind => !EventLayouts.IsFrame(kind))];

    // The core's zero means none: the numbers are the core's.
    public static TheoryData<Type> SameNumbers =>
    [
        typeof(CommandKind), typeof(RejectCode), typeof(EventKind), typeof(OrderStatus), typeof(CancelReason),
        typeof(TimerKind),
    ];

    // The core's zero is a value: the numbers are the core's plus 1.
    public static TheoryData<Type> ShiftedNumbers =>
    [
        typeof(Side), typeof(OrderType), typeof(TimeInForce), typeof(SelfTradePrevention), typeof(SymbolMode),
        typeof(ChangeCause),
    ];

    [Theory]
    [Trait("Covers", "EVT-02")]
    [MemberData(nameof(SameNumbers))]
    public void Enumeration_has_the_names_and_numbers_of_the_core(Type type)
    {
        var prefix = Proto.Snake(type.Name).ToUpperInvariant() + "_";
        var expected = Enum.GetValues(type).Cast<object>().Select(value => (Number: Convert.ToInt32(value), value))
            .Select(pair => (prefix + (pair.Number == 0 ? "UNSPECIFIED" : Upper(pair.value)), pair.Number));
        Assert.Equal(expected.Append((prefix + "UNSPECIFIED", 0)).Distinct().Order(), ValuesOf(type).Order());
    }

    [Theory]
    [Trait("Covers", "EVT-02")]
    [MemberData(nameof(ShiftedNumbers))]
    public void Enumeration_whose_zero_is_a_value_has_the_numbers_of_the_core_plus_1(Type type)
    {
        var prefix = Proto.Snake(type.Name).ToUpperInvariant() + "_";
        var expected = Enum.GetValues(type).Cast<object>()
            .Select(value => (prefix + Upper(value), Convert.ToInt32(value) + 1))
            .Prepend((prefix + "UNSPECIFIED", 0));
        Assert.Equal(expected.Order(), ValuesOf(type).Order());
    }

    [Fact]
    public void Every_enumeration_mirrors_one_of_the_core()
    {
        var mirrored = SameNumbers.Concat(ShiftedNumbers).Select(row => row.Data.Name);
        Assert.Equal(mirrored.Order(), Proto.Enumerations.Select(type => type.Name).Order());
    }

    [Theory]
    [Trait("Covers", "EVT-02")]
    [MemberData(nameof(Kinds))]
    public void Every_command_is_one_call_with_its_own_request(CommandKind kind)
    {
        var call = Assert.Single(Proto.Calls, call => call.Name == kind.ToString());
        Assert.Equal(kind + "Request", call.InputType.Name);
        Assert.Equal("CommandReply", call.OutputType.Name);
        Assert.False(call.IsClientStreaming || call.IsServerStreaming);
        var fields = call.InputType.Fields.InFieldNumberOrder();
        Assert.Equal(("scope", "CommandScope", 1), (fields[0].Name, Proto.TypeOf(fields[0]), fields[0].FieldNumber));
        Assert.Equal(
            Proto.FieldsOf(Sample.LayoutOf(kind)),
            fields.Skip(1).Select(field => (field.Name, Proto.TypeOf(field))));
    }

    [Fact]
    public void No_call_is_without_a_command() =>
        Assert.Equal(CommandRules.Kinds.Length, Proto.Calls.Count);

    [Fact]
    public void Core_service_has_the_calls_that_gateways_and_the_ledger_make()
    {
        var calls = Wire.TradingReflection.Descriptor.Services.Single(service => service.Name == "TradingCore").Methods;
        Assert.Subset(
            calls.Select(call => call.Name).ToHashSet(),
            new HashSet<string> { "PlaceOrder", "CancelOrder", "CancelAll", "SetSymbolMode" });
    }

    [Theory]
    [Trait("Covers", "EVT-01")]
    [Trait("Covers", "H-08")]
    [MemberData(nameof(Events))]
    public void Every_event_embeds_the_envelope_and_has_the_fields_of_its_layout(EventKind kind)
    {
        var layout = Sample.LayoutOf(kind);
        var body = Proto.Message("Event").FindFieldByNumber((int)kind);
        Assert.Equal((Proto.Snake(kind.ToString()), layout.Name), (body.Name, Proto.TypeOf(body)));
        Assert.Equal("body", body.ContainingOneof.Name);
        var fields = body.MessageType.Fields.InFieldNumberOrder();
        var first = (fields[0].Name, Proto.TypeOf(fields[0]), fields[0].FieldNumber);
        Assert.Equal(("envelope", "EventEnvelope", 1), first);
        Assert.Equal(Proto.FieldsOf(layout), fields.Skip(1).Select(field => (field.Name, Proto.TypeOf(field))));
    }

    [Fact]
    public void Event_holds_one_field_for_each_kind_and_no_other() =>
        Assert.Equal(
            Events.Select(row => (int)row.Data),
            Proto.Message("Event").Fields.InFieldNumberOrder().Select(field => field.FieldNumber));

    [Fact]
    [Trait("Covers", "EVT-01")]
    public void Envelope_carries_the_seven_required_fields_and_the_term()
    {
        var fields = Proto.Message("EventEnvelope").Fields.InFieldNumberOrder();
        Assert.Equal(
            [
                ("event_id", "Id128"), ("event_version", "UInt32"), ("symbol", "String"), ("seq", "UInt64"),
                ("term", "UInt64"), ("occurred_at", "Int64"), ("correlation_id", "Id128"), ("causation_id", "Id128"),
            ],
            fields.Take(8).Select(field => (field.Name, Proto.TypeOf(field))));
    }

    [Fact]
    public void Policies_and_replies_have_the_fields_of_their_layouts()
    {
        foreach (var layout in new[] { typeof(InstrumentPolicy), typeof(GlobalPolicy) })
        {
            var fields = Proto.Message(layout.Name).Fields.InFieldNumberOrder();
            Assert.Equal(Proto.FieldsOf(layout), fields.Select(field => (field.Name, Proto.TypeOf(field))));
        }

        var reply = Proto.Message("CommandReply").Fields.InFieldNumberOrder();
        Assert.Equal(("commit", "Commit"), (reply[0].Name, Proto.TypeOf(reply[0])));
        Assert.Subset(
            reply.Select(field => (field.Name, Proto.TypeOf(field))).ToHashSet(),
            Proto.FieldsOf(typeof(CommandResult)).Where(field => field.Name != "index").ToHashSet());
        var commit = Proto.Message("Commit").Fields.InFieldNumberOrder().Select(field => field.Name);
        Assert.Equal(["term", "index", "chain_hash", "event_chain_hash"], commit);
    }

    [Fact]
    [Trait("Covers", "EVT-03")]
    [Trait("Covers", "EVT-04")]
    public void Generated_types_are_the_ones_in_the_file()
    {
        var text = new StringBuilder();
        foreach (var file in Proto.Files)
        {
            text.Append($"file {file.Name}\n");
            foreach (var service in file.Services)
            {
                text.Append($"service {service.FullName}\n");
                text.AppendJoin("", service.Methods.Select(Call));
            }

            foreach (var message in file.MessageTypes)
            {
                text.Append($"message {message.FullName}\n");
                text.AppendJoin("", message.Fields.InFieldNumberOrder().Select(Line));
            }

            foreach (var type in file.EnumTypes)
            {
                text.Append($"enum {type.FullName}\n");
                text.AppendJoin("", type.Values.Select(value => $"  {value.Number} {value.Name}\n"));
            }
        }

        Golden.Check("proto.txt", text.ToString());

        static string Call(MethodDescriptor call) => $"  {call.Name} {call.InputType.Name} {call.OutputType.Name}\n";

        static string Line(FieldDescriptor field) =>
            $"  {field.FieldNumber} {(field.IsRepeated ? "repeated " : "")}{Proto.TypeOf(field)} {field.Name}"
            + $"{(field.RealContainingOneof is { } oneof ? $" in {oneof.Name}" : "")}\n";
    }

    [Fact]
    [Trait("Covers", "EVT-04")]
    public void Names_follow_the_rules_of_the_linter()
    {
        Assert.All(Proto.Files, file => Assert.Equal("exchange.v1", file.Package));
        Assert.All(Proto.Files, file => Assert.StartsWith("exchange/v1/", file.Name, StringComparison.Ordinal));
        Assert.All(Proto.Messages, message => Assert.Matches("^[A-Z][A-Za-z0-9]*$", message.Name));
        Assert.All(Proto.Messages, message => Assert.Empty(message.NestedTypes));
        var fields = Proto.Messages.SelectMany(message => message.Fields.InDeclarationOrder());
        Assert.All(fields, field => Assert.Matches("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", field.Name));
        Assert.All(Proto.Enumerations, type =>
        {
            var prefix = Proto.Snake(type.Name).ToUpperInvariant() + "_";
            Assert.All(type.Values, value => Assert.StartsWith(prefix, value.Name, StringComparison.Ordinal));
            Assert.Equal(prefix + "UNSPECIFIED", type.FindValueByNumber(0).Name);
        });
    }

    [Fact]
    [Trait("Covers", "EVT-04")]
    public void Every_message_field_value_and_call_says_what_it_is()
    {
        var folder = Path.Combine(Checkout.Root, "contracts", "proto", "exchange", "v1");
        var declaration = new Regex(@"^\s*(message|enum|service|rpc|oneof|[\w.]+ \w+ = \d+;|[A-Z_0-9]+ = \d+;)");
        foreach (var path in Directory.GetFiles(folder, "*.proto"))
        {
            var lines = File.ReadAllLines(path);
            for (var i = 1; i < lines.Length; i++)
            {
                Assert.True(lines[i].Length <= 120, $"{path}({i + 1}) is too long");
                var isSaid = lines[i - 1].TrimStart().StartsWith("//", StringComparison.Ordinal);
                Assert.True(isSaid || !declaration.IsMatch(lines[i]), $"{path}({i + 1}) has no comment: {lines[i]}");
            }
        }
    }

    [Fact]
    public void No_field_holds_floating_point()
    {
        var fields = Proto.Messages.SelectMany(message => message.Fields.InDeclarationOrder());
        Assert.DoesNotContain(fields, field => field.FieldType is FieldType.Double or FieldType.Float);
    }

    [Fact]
    public void Trade_has_the_bytes_it_always_had()
    {
        var trade = new Wire.Event
        {
            TradeExecuted = new Wire.TradeExecuted
            {
                Envelope = new Wire.EventEnvelope
                {
                    EventId = new Wire.Id128 { High = (1UL << 32) | 7, Low = 42 },
                    EventVersion = 1,
                    Symbol = "BTC-USD",
                    Seq = 42,
                    Term = 3,
                    OccurredAt = 1_700_000_000_000_000_000,
                    CorrelationId = new Wire.Id128 { Low = 5 },
                    CausationId = new Wire.Id128 { High = 9, Low = 1 },
                    Index = 17,
                    Offset = 2,
                    Kind = Wire.EventKind.TradeExecuted,
                },
                Price = 6_123_450,
                Quantity = 15_000,
                MakerOrderId = 1,
                TakerOrderId = 2,
                Maker = 3,
                Taker = 4,
                TakerSide = Wire.Side.Buy,
                Notional = new Wire.Amount { Low = 91_851_750_000 },
                MakerFee = new Wire.Amount { High = -1, Low = ulong.MaxValue },
            },
        };
        Golden.Check("proto-trade.txt", Convert.ToHexStringLower(trade.ToByteArray()) + "\n");
        Assert.Equal(trade, Wire.Event.Parser.ParseFrom(trade.ToByteArray()));
    }

    private static string Upper(object value) => Proto.Snake(value.ToString()!).ToUpperInvariant();

    private static IEnumerable<(string Name, int Number)> ValuesOf(Type type) =>
        Proto.Enumerations.Single(found => found.Name == type.Name).Values.Select(value => (value.Name, value.Number));
}
