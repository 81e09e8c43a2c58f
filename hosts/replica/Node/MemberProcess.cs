using System.Runtime.InteropServices;
using Exchange.Rsm.Hosts.Replica.Options;

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
        try
        {
            node = MemberNode.Start(options, log);
        }
        catch (StartException exception)
        {
            await error.WriteLineAsync($"replica: {exception.Message}");
            return ExitCode.CannotStart;
        }

        await using (node)
        {
            log.Write($"started: client {node.ClientEndpoint}, peer {node.PeerEndpoint}");
            var first = await Task.WhenAny(
                asked.Task, node.Core.Ended, node.TransportFailed, ReadyThenForeverAsync(node, options, output));
            if (first != asked.Task)
            {
                // Everything that is known of it: this is the last line, and the next start depends on its reason.
                log.Write($"failed: {first.Exception?.GetBaseException()}");
                return ExitCode.Failed;
            }

            log.Write("stopping");
        }

        log.Write("stopped");
        return ExitCode.Done;
    }

    private static void Ask(PosixSignalContext context, TaskCompletionSource asked)
    {
        context.Cancel = true;
        asked.TrySetResult();
    }

    private static async Task ReadyThenForeverAsync(MemberNode node, ReplicaOptions options, TextWriter output)
    {
        await node.Core.Running;
        await output.WriteLineAsync(
            $"ready member={options.Node} client={node.ClientEndpoint} peer={node.PeerEndpoint}");
        await output.FlushAsync();

        // Only a failure to tell ends it.
        await Task.Delay(Timeout.InfiniteTimeSpan);
    }
}
