using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Bench.Streams;

/// <summary>
/// A stream of the public matching benchmark as operations. Its ids become dense; its one nameless sender becomes a
/// thousand accounts, so that a full replay does not find every balance in the first cache.
/// </summary>
internal static class MatchingFile
{
    private const int Accounts = 1_000;

    public static OperationStream Read(string path) => Convert(
        Path.GetFileNameWithoutExtension(InputFile.PlainName(path)), MatchingStream.Read(path));

    private static OperationStream Convert(string name, MatchingMessage[] messages)
    {
        var numbers = new Dictionary<ulong, int>();
        var next = 1;
        var operations = new Operation[messages.Length];
        for (var i = 0; i < messages.Length; i++)
        {
            ref readonly var message = ref messages[i];
            if (!numbers.TryGetValue(message.OrderId, out var order) || message.Kind == MatchingKind.New)
            {
                order = next++;
                numbers[message.OrderId] = order;
            }

            operations[i] = new Operation
            {
                Kind = KindOf(in message),
                Side = message.Side,
                Account = 1 + (order % Accounts),
                Order = order,
                Price = message.Price,
                Quantity = message.Quantity,
            };
        }

        return new OperationStream
        {
            Name = name,
            Operations = operations,
            Accounts = Accounts,
            OrderLimit = next,
        };
    }

    private static OperationKind KindOf(in MatchingMessage message) => message.Kind switch
    {
        MatchingKind.Cancel => OperationKind.Cancel,
        MatchingKind.Modify => OperationKind.Replace,
        _ when message.ImmediateOrCancel != 0 => OperationKind.ImmediateOrCancel,
        _ => OperationKind.New,
    };
}
