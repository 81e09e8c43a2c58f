using Exchange.Rsm.Grpc.Tests.Wire;
using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Hosts.Grpc.Services;

namespace Exchange.Rsm.Grpc.Tests;

public sealed class ServicesTests
{
    [Fact]
    public void Health_and_reflection_are_services_of_their_own()
    {
        var server = new GrpcServer(1024, (_, _) => { });
        server.AddUnary<EchoMessage, EchoMessage>(
            EchoReflection.Descriptor.Services[0], "Say", (request, _) => Task.FromResult(request));
        _ = new HealthService(server);
        _ = new ReflectionService(server);
        Assert.Equal(
            [
                "exchange.test.Echo",
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
            ],
            server.Services.Select(service => service.FullName));
    }
}
