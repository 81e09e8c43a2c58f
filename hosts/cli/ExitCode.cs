namespace Exchange.Rsm.Hosts.Cli;

/// <summary>What a verb ends with.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>It ran and found something wrong, or a file cannot be used.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong: nothing ran.</summary>
    public const int Usage = 2;

    /// <summary>The cluster did not answer in time: whether it was done is not known.</summary>
    public const int Unknown = 3;
}
