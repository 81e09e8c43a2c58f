using System.Net;
using System.Text.Json;
using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Hosts.Grpc.Services;
using Exchange.Rsm.Hosts.Replica.Node;
using Exchange.Rsm.Hosts.Replica.Trading;
using Exchange.Rsm.Hosts.Transport.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using ReplicaOptions = Exchange.Rsm.Hosts.Replica.Options.ReplicaOptions;

namespace Exchange.Rsm.Hosts.Replica.Admin;

/// <summary>
/// What operators and probes speak with: gRPC on one port, and on another, over HTTP/1.1, health, readiness and
/// metrics. Two ports, because a connection in the clear cannot say which of the two it is. Where there are
/// certificates, both ask for one.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private const int MessageLengthMax = 1 << 20;

    private readonly CancellationTokenSource _stopping = new();
    private readonly WebApplication _application;
    private readonly MemberNode _node;
    private readonly GrpcServer _grpc;
    private readonly HealthService _health;
    private readonly MetricsPage _metrics;
    private readonly Task _watching;

    private AdminServer(ReplicaOptions options, NodeCertificate? certificate, MemberNode node, LogLines log)
    {
        _node = node;
        _metrics = new MetricsPage(node, () => Failures);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 1024;
            kestrel.Limits.MaxRequestBodySize = MessageLengthMax;
            kestrel.Listen(options.AdminListen, listen => Configure(listen, HttpProtocols.Http2, certificate));
            kestrel.Listen(options.HttpListen, listen => Configure(listen, HttpProtocols.Http1, certificate));
        });
        _application = builder.Build();
        _grpc = new GrpcServer(MessageLengthMax, (path, exception) =>
        {
            Failures++;
            log.Write($"{path} failed: {exception}");
        });
        var callers = new Callers(node);
        _ = new ClusterService(_grpc, node, callers);
        _ = new TradingService(_grpc, node, callers);
        _health = new HealthService(_grpc);
        if (!options.IsProduction)
        {
            _ = new ReflectionService(_grpc);
        }

        _application.Run(ServeAsync);
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Methods that failed by a bug.</summary>
    public long Failures { get; private set; }

    /// <summary>Where gRPC is served.</summary>
    public IPEndPoint GrpcEndpoint => Endpoint(0);

    /// <summary>Where health, readiness and metrics are.</summary>
    public IPEndPoint HttpEndpoint => Endpoint(1);

    public static async Task<AdminServer> StartAsync(
        ReplicaOptions options, NodeCertificate? certificate, MemberNode node, LogLines log)
    {
        var server = new AdminServer(options, certificate, node, log);
        try
        {
            await server._application.StartAsync();
        }
        catch (IOException exception)
        {
            throw new StartException(exception.Message);
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        await _application.DisposeAsync();
        _stopping.Dispose();
    }

    private static void Configure(ListenOptions listen, HttpProtocols protocols, NodeCertificate? certificate)
    {
        listen.Protocols = protocols;
        if (certificate is not null)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(certificate.ServerOptions()),
            });
        }
    }

    private IPEndPoint Endpoint(int place)
    {
        var addresses = ((IServer)_application.Services.GetService(typeof(IServer))!)
            .Features.Get<IServerAddressesFeature>()!.Addresses;
        var address = new Uri(addresses.ElementAt(place));
        return new IPEndPoint(IPAddress.Parse(address.Host.Trim('[', ']')), address.Port);
    }

    // The gRPC health service is told, and not asked: what it says is at most so old.
    private async Task WatchAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var reasons = await _node.ReasonsAsync(_stopping.Token);
                _health.Set(reasons.Count == 0);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException)
        {
            // The server stops, or the member has; the process says why.
            _health.Set(serving: false);
        }
    }

    private Task ServeAsync(HttpContext context)
    {
        if (GrpcServer.IsGrpc(context))
        {
            return _grpc.ServeAsync(context, _stopping.Token);
        }

        return context.Request.Path.Value switch
        {
            "/healthz" => HealthAsync(context),
            "/readyz" => ReadyAsync(context),
            "/metrics" => MetricsAsync(context),
            _ => WriteAsync(context, StatusCodes.Status404NotFound, "text/plain", "not found\n"),
        };
    }

    // Alive is who turns: nothing else is asked, so that no outside failure has the process started anew.
    private Task HealthAsync(HttpContext context) => _node.IsAlive
        ? WriteAsync(context, StatusCodes.Status200OK, "text/plain", "ok\n")
        : WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "text/plain", "the core's thread is stuck\n");

    private async Task ReadyAsync(HttpContext context)
    {
        var reasons = await _node.ReasonsAsync(context.RequestAborted);
        await WriteAsync(
            context,
            reasons.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            "application/json",
            JsonSerializer.Serialize(new { ready = reasons.Count == 0, reasons }) + "\n");
    }

    private async Task MetricsAsync(HttpContext context) => await WriteAsync(
        context,
        StatusCodes.Status200OK,
        "text/plain; version=0.0.4; charset=utf-8",
        await _metrics.RenderAsync(context.RequestAborted));

    private static Task WriteAsync(HttpContext context, int status, string type, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text);
    }
}
