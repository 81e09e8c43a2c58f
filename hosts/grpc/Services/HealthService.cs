using Exchange.Rsm.Hosts.Grpc.Wire.Health;

namespace Exchange.Rsm.Hosts.Grpc.Services;

/// <summary>The standard health service. The host says what serves; probes and balancers ask or watch.</summary>
public sealed class HealthService
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, bool> _serving = new(StringComparer.Ordinal) { [""] = false };
    private TaskCompletionSource _changed = New();

    /// <summary>Adds the service to a server. Nothing serves until <see cref="Set"/> says so.</summary>
    /// <param name="server">The server.</param>
    public HealthService(GrpcServer server)
    {
        foreach (var service in server.Services)
        {
            _serving[service.FullName] = false;
        }

        var health = HealthReflection.Descriptor.Services[0];
        server.AddUnary<HealthCheckRequest, HealthCheckResponse>(health, "Check", (request, _) =>
        {
            var (status, _) = Look(request.Service);
            return status == HealthCheckResponse.Types.ServingStatus.ServiceUnknown
                ? throw new GrpcException(GrpcStatus.NotFound, $"There is no service '{request.Service}'.")
                : Task.FromResult(new HealthCheckResponse { Status = status });
        });
        server.AddServerStream<HealthCheckRequest, HealthCheckResponse>(health, "Watch", WatchAsync);
    }

    /// <summary>Says whether the server, and with it every service, takes calls.</summary>
    /// <param name="serving">Whether.</param>
    public void Set(bool serving)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            foreach (var service in _serving.Keys.ToList())
            {
                _serving[service] = serving;
            }

            changed = _changed;
            _changed = New();
        }

        changed.SetResult();
    }

    private async Task WatchAsync(
        HealthCheckRequest request,
        GrpcReplies<HealthCheckResponse> replies,
        GrpcCall call)
    {
        HealthCheckResponse.Types.ServingStatus? told = null;
        while (true)
        {
            var (status, changed) = Look(request.Service);
            if (status != told)
            {
                told = status;
                await replies.WriteAsync(new HealthCheckResponse { Status = status }, call.Cancellation);
            }

            await changed.WaitAsync(call.Cancellation);
        }
    }

    private (HealthCheckResponse.Types.ServingStatus Status, Task Changed) Look(string service)
    {
        lock (_lock)
        {
            var status = !_serving.TryGetValue(service, out var serving)
                ? HealthCheckResponse.Types.ServingStatus.ServiceUnknown
                : serving
                    ? HealthCheckResponse.Types.ServingStatus.Serving
                    : HealthCheckResponse.Types.ServingStatus.NotServing;
            return (status, _changed.Task);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
