using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Local;

/// <summary>From the folder to a market that trades, and on until it is stopped.</summary>
internal static class LocalExchange
{
    private const string Program = "Exchange.Rsm.Hosts.Replica.dll";
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _startMax = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(LocalOptions options, TextWriter output, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        var folder = LocalFolder.Open(options);
        output.WriteLine(folder.IsNew
            ? $"A new exchange of {folder.Members.Count} members in {folder.Path}"
            : $"The exchange of {folder.Members.Count} members in {folder.Path} goes on");
        var program = Path.Combine(AppContext.BaseDirectory, Program);
        var members = folder.Members.Select(member => new MemberProcess(member, program)).ToArray();
        try
        {
            await RunAsync(options, folder, members, output, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            output.WriteLine("Stopping.");
        }
        finally
        {
            await Task.WhenAll(members.Select(member => member.DisposeAsync().AsTask()));
        }

        output.WriteLine($"Stopped. What was done is kept in {folder.Path}.");
        return 0;
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    private static async Task RunAsync(
        LocalOptions options,
        LocalFolder folder,
        MemberProcess[] members,
        TextWriter output,
        CancellationToken cancellation)
    {
        await Task.WhenAll(members.Select(member => member.Ready)).WaitAsync(_startMax, cancellation);
        var hello = new ClientHello { VersionMin = 1, VersionMax = 1, User = UserId.Root.Value };
        await using var cluster = new ClusterClient(new ClusterClientOptions
        {
            Members = [.. folder.Members.Select(
                member => new ClusterMember((ulong)member.Number, "127.0.0.1", member.ClientPort))],
            Hello = hello,
        });
        var market = await DemoMarket.OpenAsync(cluster, cancellation);
        output.WriteLine(NextSteps.Text(folder, market));
        var table = new StatusTable(members, hello, output);
        using var look = new PeriodicTimer(_look);
        do
        {
            var statuses = await table.AskAsync(cancellation);
            table.Show(statuses);
            if (options.IsOnce && IsEqual(statuses))
            {
                return;
            }
        }
        while (await look.WaitForNextTickAsync(cancellation));
    }

    private static bool IsEqual(IReadOnlyList<MemberStatus> statuses) =>
        statuses.All(status => status.State is not null)
        && statuses.Select(status => (status.State!.Value.Index, status.State.Value.StateHash)).Distinct().Count() == 1;
}
