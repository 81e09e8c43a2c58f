using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Exchange.Rsm.Hosts.Grpc;

/// <summary>Unary calls to one server over HTTP/2, in the clear or by TLS. Every call has a deadline.</summary>
public sealed class GrpcClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>Starts without a connection; one is made when it is needed.</summary>
    /// <param name="address">Scheme, host and port.</param>
    /// <param name="tls">For the scheme https.</param>
    public GrpcClient(Uri address, SslClientAuthenticationOptions? tls = null)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        _http = new HttpClient(handler) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Calls.</summary>
    /// <typeparam name="TReply">The reply.</typeparam>
    /// <param name="service">The service.</param>
    /// <param name="name">The method's name there.</param>
    /// <param name="request">The message.</param>
    /// <param name="timeout">The deadline.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="headers">Further headers.</param>
    /// <returns>The reply.</returns>
    /// <exception cref="GrpcException">The call ended with another status than ok, or nobody answers.</exception>
    public async Task<TReply> CallAsync<TReply>(
        ServiceDescriptor service,
        string name,
        IMessage request,
        TimeSpan timeout,
        CancellationToken cancellation,
        params IReadOnlyList<KeyValuePair<string, string>> headers)
        where TReply : IMessage<TReply>, new()
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(timeout);
        using var message = MessageOf($"/{service.FullName}/{name}", request, timeout, headers);
        try
        {
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseContentRead, late.Token);
            var body = await response.Content.ReadAsByteArrayAsync(late.Token);
            ThrowUnlessOk(response);
            return Parse<TReply>(body);
        }
        catch (HttpRequestException exception)
        {
            throw new GrpcException(GrpcStatus.Unavailable, $"{_http.BaseAddress}: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatus.DeadlineExceeded, $"{_http.BaseAddress}: no answer in {timeout}.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage MessageOf(
        string path, IMessage request, TimeSpan timeout, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var length = request.CalculateSize();
        var body = new byte[GrpcWire.PrefixSize + length];
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(1), (uint)length);
        request.WriteTo(body.AsSpan(GrpcWire.PrefixSize));
        var message = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        message.Headers.Add("te", "trailers");
        message.Headers.Add(
            "grpc-timeout", ((long)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "m");
        foreach (var (name, value) in headers)
        {
            message.Headers.Add(name, value);
        }

        return message;
    }

    // A call without a reply has its status in the headers, any other in the trailers.
    private static void ThrowUnlessOk(HttpResponseMessage response)
    {
        HttpHeaders from = response.TrailingHeaders.Contains("grpc-status")
            ? response.TrailingHeaders
            : response.Headers;
        var text = ValueOf(from, "grpc-status");
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new GrpcException(GrpcStatus.Unknown, $"The answer is no gRPC: HTTP {(int)response.StatusCode}.");
        }

        if (status != (int)GrpcStatus.Ok)
        {
            throw new GrpcException((GrpcStatus)status, Uri.UnescapeDataString(ValueOf(from, "grpc-message")))
            {
                Trailers = [.. from.Select(pair => KeyValuePair.Create(
                    pair.Key, Uri.UnescapeDataString(string.Join(',', pair.Value))))],
            };
        }
    }

    private static string ValueOf(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";

    private static TReply Parse<TReply>(byte[] body)
        where TReply : IMessage<TReply>, new()
    {
        if (body.Length < GrpcWire.PrefixSize || body[0] != 0
            || BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(1)) != (uint)(body.Length - GrpcWire.PrefixSize))
        {
            throw new GrpcException(GrpcStatus.Internal, "The reply is not one uncompressed message.");
        }

        var reply = new TReply();
        reply.MergeFrom(body.AsSpan(GrpcWire.PrefixSize).ToArray());
        return reply;
    }
}
