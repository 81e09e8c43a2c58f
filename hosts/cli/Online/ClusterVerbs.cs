using System.CommandLine;
using System.Security.Authentication;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Cli.Replay;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>A verb that speaks with the cluster: gets the options, a client and a deadline.</summary>
internal static class ClusterVerbs
{
    /// <summary>What a verb does with a cluster.</summary>
    public delegate Task<int> Speak(ParseResult parsed, ClusterDesk desk, CancellationToken cancellation);

    /// <summary>Makes a command one that speaks with the cluster.</summary>
    public static Command With(Command command, Speak speak, bool isEndless = false)
    {
        ClusterOptions.Offer(Printer.Offer(command));
        command.SetAction((parsed, cancellation) => RunAsync(parsed, speak, isEndless, cancellation));
        return command;
    }

    /// <summary>Speaks with the cluster that a command line names.</summary>
    public static async Task<int> RunAsync(
        ParseResult parsed, Speak speak, bool isEndless, CancellationToken cancellation)
    {
        var options = ClusterOptions.Of(parsed);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (!isEndless)
        {
            late.CancelAfter(ClusterOptions.TimeoutOf(parsed));
        }

        await using var client = new ClusterClient(options);
        var desk = new ClusterDesk(client, options);
        try
        {
            return await speak(parsed, desk, late.Token);
        }
        catch (ClientRefusedException exception)
        {
            throw new InputException($"{exception.Message} {AdviceOn(exception.Code)}");
        }
        catch (AuthenticationException exception)
        {
            throw new InputException($"TLS: {exception.Message}");
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            parsed.InvocationConfiguration.Error.WriteLine(
                $"exchange: no member that leads answered within {ClusterOptions.TimeoutOf(parsed).TotalSeconds:0} s. "
                + (desk.LastKey == 0
                    ? "Ask 'exchange cluster status' which members are there."
                    : $"It may have been done or not. Send it again with --key {desk.LastKey:x}: it is done once."));
            return ExitCode.Unknown;
        }
    }

    private static string AdviceOn(RefusalCode code) => code switch
    {
        RefusalCode.Unauthenticated =>
            "The user does not exist or is disabled, or a certificate or key is needed: --user, --tls or --api-key.",
        RefusalCode.NotFound => "It is a member of another cluster: look at --cluster.",
        _ => "Ask 'exchange cluster status' how the members are.",
    };
}
