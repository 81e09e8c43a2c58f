namespace Exchange.Rsm.Hosts.Local;

/// <summary>What the command line asks for.</summary>
internal sealed record LocalOptions
{
    /// <summary>Member n has the ten ports from here plus ten times n.</summary>
    public const int BasePortDefault = 7100;

    /// <summary>Folder of everything that is kept.</summary>
    public required string Data { get; init; }

    /// <summary>Whether what the folder holds is deleted first.</summary>
    public required bool IsFresh { get; init; }

    /// <summary>How many members.</summary>
    public required int MemberCount { get; init; }

    /// <summary>Where the ports begin.</summary>
    public required int BasePort { get; init; }

    /// <summary>Whether it stops by itself once everything has been seen to work.</summary>
    public required bool IsOnce { get; init; }
}
