namespace Exchange.Rsm.Hosts.Local;

/// <summary>What a member's process ends with, where that decides what to do about it.</summary>
internal static class MemberExit
{
    /// <summary>Its settings are wrong: starting it again will not help.</summary>
    public const int Usage = 2;
}
