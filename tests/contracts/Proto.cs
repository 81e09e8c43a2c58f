using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Proto.V1;
using Google.Protobuf.Reflection;

namespace Exchange.Rsm.Contracts.Tests;

/// <summary>The compiled .proto files, and how the structures in the code are written there.</summary>
internal static class Proto
{
    public static IReadOnlyList<FileDescriptor> Files { get; } =
    [
        AdministrationReflection.Descriptor, CommonReflection.Descriptor, EventsReflection.Descriptor,
        TradingReflection.Descriptor,
    ];

    public static IReadOnlyList<MessageDescriptor> Messages { get; } = [.. Files.SelectMany(file => file.MessageTypes)];

    public static IReadOnlyList<EnumDescriptor> Enumerations { get; } = [.. Files.SelectMany(file => file.EnumTypes)];

    public static IReadOnlyList<MethodDescriptor> Calls { get; } =
        [.. Files.SelectMany(file => file.Services).SelectMany(service => service.Methods)];

    public static MessageDescriptor Message(string name) => Messages.Single(message => message.Name == name);

    public static string Snake(string name)
    {
        var letters = name.Select((letter, i) => char.IsUpper(letter) && i > 0 ? "_" + letter : "" + letter);
        return string.Concat(letters).ToLowerInvariant();
    }

    /// <summary>The fields that a layout's own fields become: name and type, in order.</summary>
    public static IEnumerable<(string Name, string Type)> FieldsOf(Type layout)
    {
        foreach (var field in Layout.Of(layout).Where(field => field.Name != "Header" && !field.IsReserved))
        {
            switch (layout.Name, field.Name)
            {
                case (nameof(PlaceOrder), "Flags"):
                    yield return ("post_only", "Bool");
                    break;
                case (nameof(Contracts.Trading.OrderAccepted), "Flags"):
                    yield return ("post_only", "Bool");
                    yield return ("self_trade_prevention", "SelfTradePrevention");
                    break;
                case (nameof(CreateAsset) or nameof(Contracts.Trading.AssetCreated), "Code") or (_, "Symbol"):
                    yield return (Snake(field.Name), "String");
                    break;
                case (_, "SecretDigest0"):
                    yield return ("secret_digest", "Bytes");
                    break;
                case (_, "SecretDigest1"):
                    break;
                case (_, "PolicyHash" or "StateHash" or "EventChainHash"):
                    yield return (Snake(field.Name), "Fixed64");
                    break;
                default:
                    yield return (Snake(field.Name), Sample.IsBoolean(layout, field) ? "Bool" : TypeOf(field.Type));
                    break;
            }
        }
    }

    /// <summary>A field's type as <see cref="FieldsOf"/> names it.</summary>
    public static string TypeOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.Name,
        FieldType.Enum => field.EnumType.Name,
        var type => type.ToString(),
    };

    private static string TypeOf(Type type) => type.Name switch
    {
        nameof(UInt128) => "Id128",
        nameof(OrderId) => "UInt64",
        nameof(Price) or nameof(Quantity) => "Int64",
        nameof(AccountId) or nameof(AssetId) or nameof(InstrumentId) or nameof(UserId) or nameof(SessionId) => "UInt32",
        nameof(Byte) or nameof(UInt16) => "UInt32",
        nameof(Int32) => "SInt32",
        var name => name,
    };
}
