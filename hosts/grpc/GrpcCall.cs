using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Exchange.Rsm.Hosts.Grpc;

/// <summary>What is known of a call beside its messages.</summary>
public sealed class GrpcCall
{
    private readonly HttpContext _context;

    internal GrpcCall(HttpContext context, TimeSpan? timeout, CancellationToken cancellation)
    {
        _context = context;
        Timeout = timeout;
        Cancellation = cancellation;
    }

    /// <summary>How long the caller was ready to wait when it called; null for as long as it takes.</summary>
    public TimeSpan? Timeout { get; }

    /// <summary>The caller gave up, its deadline passed, or the server stops.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The caller's certificate, verified by the endpoint; null without TLS.</summary>
    public X509Certificate2? Certificate => _context.Connection.ClientCertificate;

    /// <summary>A header of the caller's.</summary>
    /// <param name="name">In lower case.</param>
    /// <returns>Its value, or null.</returns>
    public string? Header(string name) =>
        _context.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;
}
