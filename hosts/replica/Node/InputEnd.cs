namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>The end of standard input as a reason to stop: it comes also where its writer was killed.</summary>
internal static class InputEnd
{
    /// <summary>A token that is cancelled with another one, or when the input ends.</summary>
    public static CancellationToken Combine(CancellationToken other)
    {
        // Lives as long as the process.
        var source = CancellationTokenSource.CreateLinkedTokenSource(other);
        var thread = new Thread(() => Drain(source)) { Name = "input", IsBackground = true };
        thread.Start();
        return source.Token;
    }

    private static void Drain(CancellationTokenSource source)
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[256];
        while (input.Read(ignored) > 0)
        {
        }

        source.Cancel();
    }
}
