using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Exchange.Rsm.Contracts.Client;

namespace Exchange.Rsm.Contracts.Tests;

/// <summary>The layouts of the client protocol: each field's place and size, and the numbers of its enumerations.</summary>
public sealed class ClientLayoutTests
{
    [Fact]
    public void Layouts_and_numbers_of_the_client_protocol_stay_as_they_are()
    {
        var text = new StringBuilder();
        Add<ClientMessageHeader>(text);
        Add<ClientHello>(text);
        Add<ServerHello>(text);
        Add<SubmitHeader>(text);
        Add<CommittedHeader>(text);
        Add<RefusedMessage>(text);
        Add<QueryHeader>(text);
        Add<AnswerHeader>(text);
        Add<SubscribeRequest>(text);
        Add<EventsHeader>(text);
        Add<OrderAnswer>(text);
        Add<BalanceAnswer>(text);
        Add<LevelAnswer>(text);
        Add<InstrumentAnswer>(text);
        Add<AssetAnswer>(text);
        Add<SessionAnswer>(text);
        Add<StateAnswer>(text);
        AddNumbers<ClientMessageKind>(text);
        AddNumbers<RefusalCode>(text);
        AddNumbers<QueryKind>(text);
        Golden.Check("client-layouts.txt", text.ToString());
    }

    private static void Add<T>(StringBuilder text)
        where T : unmanaged
    {
        text.Append(typeof(T).Name).Append(' ').Append(Unsafe.SizeOf<T>()).Append(" bytes\n");
        foreach (var field in typeof(T).GetFields().Where(field => !field.IsStatic))
        {
            var offset = Marshal.OffsetOf<T>(field.Name);
            text.Append("  ").Append(offset).Append(' ').Append(field.Name).Append(' ')
                .Append(field.FieldType.Name).Append('\n');
        }
    }

    private static void AddNumbers<T>(StringBuilder text)
        where T : struct, Enum
    {
        text.Append(typeof(T).Name).Append('\n');
        foreach (var value in Enum.GetValues<T>())
        {
            text.Append("  ").Append(Convert.ToInt32(value, provider: null)).Append(' ').Append(value).Append('\n');
        }
    }
}
