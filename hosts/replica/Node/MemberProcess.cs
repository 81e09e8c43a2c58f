using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Exchange.Rsm.Hosts.Replica.Admin;
using Exchange.Rsm.Hosts.Replica.Options;
using Exchange.Rsm.Hosts.Transport.Tls;

namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>Runs a member until it is asked to stop, or fails.</summary>
internal static class MemberProcess
{
    public static async Task<int> RunAsync(
        ReplicaOptions options, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var log = new LogLines(error, options.Node);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Ask(context, asked));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Ask(context, asked));
        await using var cancelled = cancellation.Register(() => asked.TrySetResult());
        MemberNode node;
        AdminServer admin;
        try
        {
            var certificate = CertificateOf(options);
            node = MemberNode.Start(options, certificate, log);
            admin = await AdminServer.StartAsync(options, certificate, node, log);
        }
        catch (StartException exception)
        {
            // What was opened before ends with the process, which ends now.
            await error.WriteLineAsync($"replica: {exception.Message}");
            return ExitCode.CannotStart;
        }

        await using (node)
        await using (admin)
        {
            log.Write($"started: client {node.ClientEndpoint}, peer {node.PeerEndpoint}");
            var first = await Task.WhenAny(
                asked.Task, node.Core.Ended, node.TransportFailed, node.ListenerFailed,
                ReadyThenForeverAsync(node, admin, options, output));
            if (first != asked.Task)
            {
                // Everything that is known of it: this is the last line, and the next start depends on its reason.
                log.Write($"failed: {first.Exception?.GetBaseException()}");
                return ExitCode.Failed;
            }

            log.Write("stopping");
            await node.DrainAsync(options.ElectionTimeout * 4);
        }

        log.Write("stopped");
        return ExitCode.Done;
    }

    private static NodeCertificate? CertificateOf(ReplicaOptions options)
    {
        try
        {
            return options.Tls is { } tls ? NodeCertificate.Load(tls.Certificate, tls.Key, tls.Authority) : null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException)
        {
            throw new StartException($"{options.Tls?.Certificate}: {exception.Message}");
        }
    }

    private static void Ask(PosixSignalContext context, TaskCompletionSource asked)
    {
        context.Cancel = true;
        asked.TrySetResult();
    }

    private static async Task ReadyThenForeverAsync(
        MemberNode node, AdminServer admin, ReplicaOptions options, TextWriter output)
    {
        await node.Core.Running;
        await output.WriteLineAsync(
            $"ready member={options.Node} client={node.ClientEndpoint} peer={node.PeerEndpoint} "
            + $"admin={admin.GrpcEndpoint} http={admin.HttpEndpoint}");
        await output.FlushAsync();

        // Only a failure to tell ends it.
        await Task.Delay(Timeout.InfiniteTimeSpan);
    }
}
