using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Exchange.Rsm.Grpc.Tests.Wire;
using Exchange.Rsm.Hosts.Grpc;
using Google.Protobuf;

namespace Exchange.Rsm.Grpc.Tests;

public sealed class GrpcServerTests(EchoHost host) : IClassFixture<EchoHost>, IDisposable
{
    private readonly HttpClient _client = new()
    {
        BaseAddress = host.Address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    [Fact]
    public async Task Call_is_answered_with_a_message_and_a_status_in_the_trailers()
    {
        var reply = await Call("Say", Prefixed(new EchoMessage { Text = "price", Number = 7 }));
        Assert.Equal("0", reply.Status);
        Assert.Equal("application/grpc", reply.ContentType);
        Assert.Equal([new EchoMessage { Text = "price", Number = 7 }], reply.Messages);
    }

    [Fact]
    public async Task Stream_of_replies_comes_in_order()
    {
        var reply = await Call("Repeat", Prefixed(new EchoMessage { Text = "x", Number = 1000 }));
        Assert.Equal("0", reply.Status);
        Assert.Equal(Enumerable.Range(0, 1000), reply.Messages.Select(message => message.Number));
    }

    [Fact]
    public async Task Stream_of_requests_is_read_to_its_end()
    {
        var reply = await Call(
            "Join", [.. Prefixed(new EchoMessage { Text = "a" }), .. Prefixed(new EchoMessage { Text = "b" })]);
        Assert.Equal([new EchoMessage { Text = "ab", Number = 2 }], reply.Messages);
    }

    [Theory]
    [InlineData(GrpcStatus.InvalidArgument, "price is not a multiple of 5", "price is not a multiple of 5")]
    [InlineData(GrpcStatus.Unavailable, "100 % später\n", "100 %25 sp%C3%A4ter%0A")]
    [InlineData(GrpcStatus.Unauthenticated, "", "")]
    public async Task Refusal_has_its_status_message_and_further_trailers(
        GrpcStatus status,
        string message,
        string expected)
    {
        var reply = await Call("Fail", Prefixed(new EchoMessage { Text = message, Number = (int)status }));
        Assert.Equal(((int)status).ToString(provider: null), reply.Status);
        Assert.Equal(expected, reply.Message);
        Assert.Equal("node-2", reply.Trailer("leader-hint"));
        Assert.Empty(reply.Messages);
    }

    [Fact]
    public async Task Bug_is_internal_for_the_caller_and_whole_for_the_operator()
    {
        var reply = await Call("Fail", Prefixed(new EchoMessage { Number = -1 }));
        Assert.Equal(("13", "The server failed; its log says more."), (reply.Status, reply.Message));
        var failure = Assert.Single(host.Failures);
        Assert.Equal(("/exchange.test.Echo/Fail", "planted"), (failure.Path, failure.Exception.Message));
    }

    [Theory]
    [InlineData("Unknown", "", "12", "There is no method /exchange.test.Echo/Unknown.")]
    [InlineData("Say", "", "13", "The request has no message.")]
    [InlineData("Say", "0000000000" + "0000000000", "13", "The request has more than one message.")]
    [InlineData("Say", "0100000000", "12", "Compressed messages are not taken; send with grpc-encoding identity.")]
    [InlineData("Say", "0000100001", "8", "The message has 1048577 bytes, 1048576 are taken at most.")]
    [InlineData("Say", "00ffffffff", "8", "The message has 4294967295 bytes, 1048576 are taken at most.")]
    [InlineData("Say", "00000000050a", "13", "The request ends within a message.")]
    [InlineData("Say", "000000", "13", "The request ends within a message.")]
    public async Task Bytes_that_are_no_request_are_refused_by_name(
        string method,
        string body,
        string status,
        string message)
    {
        var reply = await Call(method, Convert.FromHexString(body));
        Assert.Equal((status, message), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task Message_that_does_not_parse_is_an_invalid_argument()
    {
        var reply = await Call("Say", [0, 0, 0, 0, 2, 0x0A, 0x05]);
        Assert.Equal("3", reply.Status);
        Assert.StartsWith("The bytes are no EchoMessage: ", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_of_the_greatest_length_is_taken()
    {
        var text = new string('x', EchoHost.MessageLengthMax - 5);
        var message = new EchoMessage { Text = text };
        Assert.InRange(message.CalculateSize(), EchoHost.MessageLengthMax - 2, EchoHost.MessageLengthMax);
        Assert.Equal(text, Assert.Single((await Call("Say", Prefixed(message))).Messages).Text);
    }

    [Fact(Timeout = 60_000)]
    public async Task Passed_deadline_ends_the_call_and_the_method()
    {
        var reply = await Call("Wait", Prefixed(new EchoMessage()), timeout: "20m");
        Assert.Equal("4", reply.Status);
        await host.Released.Task;
    }

    [Theory]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("1x")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    public async Task Timeout_that_is_none_is_refused(string timeout)
    {
        var reply = await Call("Say", Prefixed(new EchoMessage()), timeout);
        Assert.Equal(("13", $"grpc-timeout '{timeout}' is no timeout."), (reply.Status, reply.Message));
    }

    [Theory]
    [InlineData("1H", 3_600_000_000_000)]
    [InlineData("99999999H", 86_400_000_000_000)]
    [InlineData("2M", 120_000_000_000)]
    [InlineData("3S", 3_000_000_000)]
    [InlineData("4m", 4_000_000)]
    [InlineData("5u", 5_000)]
    [InlineData("600n", 600)]
    [InlineData("1n", 100)]
    public void Timeout_is_read_in_its_unit(string text, long nanoseconds)
    {
        Assert.True(GrpcWire.TryReadTimeout(text, out var timeout));
        Assert.Equal(nanoseconds, timeout.Ticks * 100);
    }

    [Fact]
    public void Method_that_the_service_does_not_have_is_refused_at_the_start()
    {
        var server = new GrpcServer(1024, (_, _) => { });
        var echo = EchoReflection.Descriptor.Services[0];
        Assert.Throws<ArgumentException>(
            () => server.AddUnary<EchoMessage, EchoMessage>(echo, "Sya", (request, _) => Task.FromResult(request)));
    }

    [Fact]
    public async Task Other_content_types_are_not_taken_for_grpc()
    {
        using var content = new ByteArrayContent([]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _client.PostAsync(
            "/exchange.test.Echo/Say", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    public void Dispose() => _client.Dispose();

    private static byte[] Prefixed(EchoMessage message)
    {
        var prefix = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), (uint)message.CalculateSize());
        return [.. prefix, .. message.ToByteArray()];
    }

    private async Task<Reply> Call(string method, byte[] body, string? timeout = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/exchange.test.Echo/" + method);
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Add("te", "trailers");
        if (timeout is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
        }

        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new Reply(response, bytes);
    }

    private sealed class Reply(HttpResponseMessage response, byte[] body)
    {
        public string? Status => Trailer("grpc-status");

        public string? Message => Trailer("grpc-message");

        public string? ContentType => response.Content.Headers.ContentType?.ToString();

        public List<EchoMessage> Messages
        {
            get
            {
                var messages = new List<EchoMessage>();
                for (var position = 0; position < body.Length;)
                {
                    var length = (int)BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(position + 1));
                    messages.Add(EchoMessage.Parser.ParseFrom(body.AsSpan(position + 5, length)));
                    position += 5 + length;
                }

                return messages;
            }
        }

        public string? Trailer(string name) =>
            response.TrailingHeaders.TryGetValues(name, out var values)
            || response.Headers.TryGetValues(name, out values)
                ? values.Single()
                : null;
    }
}
