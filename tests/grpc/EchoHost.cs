using System.Collections.Concurrent;
using System.Net;
using Exchange.Rsm.Grpc.Tests.Wire;
using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Hosts.Grpc.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Exchange.Rsm.Grpc.Tests;

/// <summary>The echo service on a real web server on loopback.</summary>
public sealed class EchoHost : IAsyncLifetime
{
    public const int MessageLengthMax = 1 << 20;

    private readonly CancellationTokenSource _stopping = new();
    private WebApplication? _application;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public HealthService Health { get; private set; } = null!;

    /// <summary>What no method may throw, and one did.</summary>
    public ConcurrentQueue<(string Path, Exception Exception)> Failures { get; } = new();

    /// <summary>Completed when the method that never answers was told that nobody waits any more.</summary>
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(
            IPAddress.Loopback, port: 0, listen => listen.Protocols = HttpProtocols.Http2));
        _application = builder.Build();
        var server = new GrpcServer(MessageLengthMax, (path, exception) => Failures.Enqueue((path, exception)));
        AddEcho(server);
        Health = new HealthService(server);
        Health.Set(serving: true);
        _ = new ReflectionService(server);
        _application.Run(context => GrpcServer.IsGrpc(context)
            ? server.ServeAsync(context, _stopping.Token)
            : Refuse(context));
        await _application.StartAsync();
        Address = new Uri(_application.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return Task.CompletedTask;
    }

    private void AddEcho(GrpcServer server)
    {
        var echo = EchoReflection.Descriptor.Services[0];
        server.AddUnary<EchoMessage, EchoMessage>(echo, "Say", static (request, _) => Task.FromResult(request));
        server.AddServerStream<EchoMessage, EchoMessage>(echo, "Repeat", static async (request, replies, call) =>
        {
            for (var i = 0; i < request.Number; i++)
            {
                await replies.WriteAsync(new EchoMessage { Text = request.Text, Number = i }, call.Cancellation);
            }
        });
        server.Add<EchoMessage, EchoMessage>(echo, "Join", static async (requests, replies, call) =>
        {
            var joined = new EchoMessage();
            while (await requests.ReadAsync(call.Cancellation) is { } request)
            {
                joined.Text += request.Text;
                joined.Number++;
            }

            await replies.WriteAsync(joined, call.Cancellation);
        });
        server.Add<EchoMessage, EchoMessage>(echo, "Talk", static async (requests, replies, call) =>
        {
            while (await requests.ReadAsync(call.Cancellation) is { } request)
            {
                await replies.WriteAsync(request, call.Cancellation);
            }
        });
        server.AddUnary<EchoMessage, EchoMessage>(echo, "Fail", static (request, _) => request.Number < 0
            ? throw new InvalidOperationException("planted")
            : throw new GrpcException((GrpcStatus)request.Number, request.Text)
            {
                Trailers = [new("leader-hint", "node-2")],
            });
        server.AddUnary<EchoMessage, EchoMessage>(echo, "Wait", async (_, call) =>
        {
            try
            {
                await new TaskCompletionSource().Task.WaitAsync(call.Cancellation);
            }
            finally
            {
                Released.TrySetResult();
            }

            return new EchoMessage();
        });
    }
}
