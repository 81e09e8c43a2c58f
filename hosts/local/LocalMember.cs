namespace Exchange.Rsm.Hosts.Local;

/// <summary>One member of a cluster on one machine.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Folder">Everything that is its own.</param>
/// <param name="Port">The first of its ports.</param>
internal sealed record LocalMember(int Number, string Folder, int Port)
{
    /// <summary>For the other members.</summary>
    public int PeerPort => Port;

    /// <summary>For clients.</summary>
    public int ClientPort => Port + 1;

    /// <summary>For operators: gRPC.</summary>
    public int AdminPort => Port + 2;

    /// <summary>For probes: health and metrics.</summary>
    public int HttpPort => Port + 3;

    /// <summary>What it is told at its start.</summary>
    public string ConfigurationFile => Path.Combine(Folder, "replica.conf");

    /// <summary>What it says.</summary>
    public string LogFile => Path.Combine(Folder, "replica.log");
}
