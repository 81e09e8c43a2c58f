namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>The error numbers of Linux that mean something of their own; every other one is the device's.</summary>
public static class Errno
{
    /// <summary>ENOENT.</summary>
    public const int NotFound = 2;

    /// <summary>EIO.</summary>
    public const int Device = 5;

    /// <summary>EEXIST.</summary>
    public const int Exists = 17;

    /// <summary>EINVAL: also what a file system without O_DIRECT answers.</summary>
    public const int Invalid = 22;

    /// <summary>EFBIG.</summary>
    public const int TooLarge = 27;

    /// <summary>ENOSPC.</summary>
    public const int NoSpace = 28;

    /// <summary>EDQUOT.</summary>
    public const int Quota = 122;
}
