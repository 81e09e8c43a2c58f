using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Exchange.Rsm.Hosts.Grpc;

/// <summary>
/// gRPC on the web server's own HTTP/2, as the protocol document "gRPC over HTTP2" has it: unary calls and streams in
/// both directions, deadlines, status and trailers, no compression. Methods are added before the first call.
/// </summary>
public sealed class GrpcServer
{
    private const string ContentType = "application/grpc";

    private readonly Dictionary<string, Func<HttpContext, GrpcCall, Task>> _methods = new(StringComparer.Ordinal);
    private readonly List<ServiceDescriptor> _services = [];
    private readonly Action<string, Exception> _failed;
    private readonly int _messageLengthMax;

    /// <summary>Starts without methods.</summary>
    /// <param name="messageLengthMax">Longest request message, bytes.</param>
    /// <param name="failed">Hears of exceptions that no method may throw: the method's path and the exception.</param>
    public GrpcServer(int messageLengthMax, Action<string, Exception> failed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(messageLengthMax, 1024);
        _messageLengthMax = messageLengthMax;
        _failed = failed;
    }

    /// <summary>The services of which a method was added, in that order.</summary>
    public IReadOnlyList<ServiceDescriptor> Services => _services;

    /// <summary>Adds a method with one request and one reply.</summary>
    /// <typeparam name="TRequest">The request.</typeparam>
    /// <typeparam name="TReply">The reply.</typeparam>
    /// <param name="service">Its service.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="method">What it does.</param>
    /// <exception cref="ArgumentException">The service has no such method, or it has other types.</exception>
    public void AddUnary<TRequest, TReply>(
        ServiceDescriptor service,
        string name,
        Func<TRequest, GrpcCall, Task<TReply>> method)
        where TRequest : class, IMessage<TRequest>, new()
        where TReply : IMessage<TReply> =>
        Add<TRequest, TReply>(service, name, async (requests, replies, call) =>
            await replies.WriteAsync(await method(await Only(requests, call), call), call.Cancellation));

    /// <summary>Adds a method with one request and any number of replies.</summary>
    /// <inheritdoc cref="AddUnary{TRequest, TReply}"/>
    public void AddServerStream<TRequest, TReply>(
        ServiceDescriptor service,
        string name,
        Func<TRequest, GrpcReplies<TReply>, GrpcCall, Task> method)
        where TRequest : class, IMessage<TRequest>, new()
        where TReply : IMessage<TReply> =>
        Add<TRequest, TReply>(service, name, async (requests, replies, call) =>
            await method(await Only(requests, call), replies, call));

    /// <summary>Adds a method that reads and writes as it likes.</summary>
    /// <inheritdoc cref="AddUnary{TRequest, TReply}"/>
    public void Add<TRequest, TReply>(
        ServiceDescriptor service,
        string name,
        Func<GrpcRequests<TRequest>, GrpcReplies<TReply>, GrpcCall, Task> method)
        where TRequest : class, IMessage<TRequest>, new()
        where TReply : IMessage<TReply>
    {
        var descriptor = service.FindMethodByName(name)
            ?? throw new ArgumentException($"{service.FullName} has no method {name}.", nameof(name));
        if (descriptor.InputType.ClrType != typeof(TRequest) || descriptor.OutputType.ClrType != typeof(TReply))
        {
            throw new ArgumentException($"{descriptor.FullName} has other types.", nameof(method));
        }

        var parser = new MessageParser<TRequest>(static () => new TRequest());
        _methods.Add(PathOf(service, name), (context, call) => method(
            new GrpcRequests<TRequest>(context.Request.BodyReader, parser, _messageLengthMax),
            new GrpcReplies<TReply>(context.Response.BodyWriter),
            call));
        if (!_services.Contains(service))
        {
            _services.Add(service);
        }
    }

    /// <summary>Serves a method under another path as well: an older name of the same messages.</summary>
    /// <param name="path">The other path.</param>
    /// <param name="service">The method's service.</param>
    /// <param name="name">Its name there.</param>
    public void AddAlias(string path, ServiceDescriptor service, string name) =>
        _methods.Add(path, _methods[PathOf(service, name)]);

    /// <summary>Whether a request is meant for this server at all.</summary>
    /// <param name="context">The request.</param>
    /// <returns>True for any request of gRPC's content type.</returns>
    public static bool IsGrpc(HttpContext context) =>
        context.Request.ContentType is { } type
        && (type == ContentType || type.StartsWith(ContentType + "+proto", StringComparison.Ordinal)
            || type.StartsWith(ContentType + ";", StringComparison.Ordinal));

    /// <summary>Serves one call.</summary>
    /// <param name="context">The request; of gRPC's content type.</param>
    /// <param name="stopping">The server stops.</param>
    /// <returns>Complete when the call ended. Whatever went wrong is in the trailers.</returns>
    public async Task ServeAsync(HttpContext context, CancellationToken stopping)
    {
        context.Response.ContentType = ContentType;
        context.Response.Headers["grpc-accept-encoding"] = "identity";
        var path = context.Request.Path.Value ?? "";
        try
        {
            await CallAsync(context, path, stopping);
            End(context, GrpcStatus.Ok, message: null, []);
        }
        catch (GrpcException exception)
        {
            End(context, exception.Status, exception.Message, exception.Trailers);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to be told; a cancelled call fails in many ways, none of which is news.
            _ = exception;
        }
#pragma warning disable CA1031 // The caller must not learn of a bug's inside, and the operator must learn of all of it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failed(path, exception);
            End(context, GrpcStatus.Internal, "The server failed; its log says more.", []);
        }
    }

    private static string PathOf(ServiceDescriptor service, string name) => $"/{service.FullName}/{name}";

    private async Task CallAsync(HttpContext context, string path, CancellationToken stopping)
    {
        if (context.Request.Method != HttpMethods.Post || !HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            throw new GrpcException(GrpcStatus.Internal, "gRPC is a POST over HTTP/2.");
        }

        if (!_methods.TryGetValue(path, out var method))
        {
            throw new GrpcException(GrpcStatus.Unimplemented, $"There is no method {path}.");
        }

        TimeSpan? timeout = null;
        if (context.Request.Headers.TryGetValue("grpc-timeout", out var text))
        {
            timeout = GrpcWire.TryReadTimeout(text.ToString(), out var read)
                ? read
                : throw new GrpcException(GrpcStatus.Internal, $"grpc-timeout '{text}' is no timeout.");
        }

        // The body's rate and size are judged per message; a long-lived stream has neither.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        if (timeout is not null)
        {
            end.CancelAfter(timeout.Value);
        }

        try
        {
            await method(context, new GrpcCall(context, timeout, end.Token));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            throw stopping.IsCancellationRequested
                ? new GrpcException(GrpcStatus.Unavailable, "The server is stopping.")
                : new GrpcException(GrpcStatus.DeadlineExceeded, "The deadline passed; the outcome may be unknown.");
        }
    }

    private static async ValueTask<TRequest> Only<TRequest>(GrpcRequests<TRequest> requests, GrpcCall call)
        where TRequest : class, IMessage<TRequest>
    {
        var request = await requests.ReadAsync(call.Cancellation)
            ?? throw new GrpcException(GrpcStatus.Internal, "The request has no message.");
        return await requests.ReadAsync(call.Cancellation) is null
            ? request
            : throw new GrpcException(GrpcStatus.Internal, "The request has more than one message.");
    }

    private static void End(
        HttpContext context,
        GrpcStatus status,
        string? message,
        IReadOnlyList<KeyValuePair<string, string>> further)
    {
        var trailers = context.Response.HasStarted || status == GrpcStatus.Ok
            ? context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            : context.Response.Headers;
        if (trailers is null)
        {
            // HTTP/1 has no trailers: the headers are the only place.
            trailers = context.Response.Headers;
        }

        trailers["grpc-status"] = ((int)status).ToString(CultureInfo.InvariantCulture);
        if (message is not null)
        {
            trailers["grpc-message"] = GrpcWire.Escape(message);
        }

        foreach (var (name, value) in further)
        {
            trailers[name] = GrpcWire.Escape(value);
        }
    }
}
