using System.Diagnostics;

namespace Exchange.Rsm.Grpc.Tests;

/// <summary>Clients that others wrote: grpcio for Python and grpc-js for Node. tests/run installs both.</summary>
public sealed class InteroperabilityTests(EchoHost host) : IClassFixture<EchoHost>
{
    private static readonly string[] StatusNames =
    [
        "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
        "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    [Fact(Timeout = 120_000)]
    public async Task Python_client_is_served()
    {
        string[] expected =
        [
            "unary True",
            "large 1000004",
            "stream 1000",
            "join True",
            "talk True",
            .. StatusNames.Select((name, index) => $"fail {index + 1} {name} because {index + 1} node-2"),
            "deadline DEADLINE_EXCEEDED",
            "too large RESOURCE_EXHAUSTED",
            "unknown UNIMPLEMENTED",
            "health 0801",
            "reflection True",
        ];
        Assert.Equal(expected, await Run("/usr/bin/python3", "python_client.py"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Node_client_is_served()
    {
        string[] expected =
        [
            "unary true",
            "stream 100",
            "talk 0a0161 0a0162",
            "fail 9 no node-2",
            "deadline 4",
            "unknown 12",
            "health 0801",
        ];
        Assert.Equal(expected, await Run("node", "node_client.js"));
    }

    private async Task<string[]> Run(string program, string script)
    {
        // Next to the sources, because that is where tests/run puts node_modules.
        var folder = Path.Combine(Checkout.Root, "tests", "grpc", "clients");
        using var process = Process.Start(new ProcessStartInfo(program)
        {
            ArgumentList = { Path.Combine(folder, script), host.Address.Authority },
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
