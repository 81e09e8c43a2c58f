namespace Exchange.Rsm.Simulation.Kernel;

/// <summary>
/// What a decision is about, so that two decisions about one thing are independent. The numbers are frozen: changing
/// one changes what every seed means.
/// </summary>
public static class FateDomain
{
    public const ulong Plan = 0x100;
    public const ulong Swarm = 0x101;
    public const ulong Knob = 0x102;
    public const ulong Operation = 0x103;
    public const ulong Trigger = 0x104;
    public const ulong Nemesis = 0x105;

    public const ulong MessageLoss = 0x200;
    public const ulong MessageDelay = 0x201;
    public const ulong MessageTail = 0x202;
    public const ulong MessageDuplicate = 0x203;
    public const ulong MessageFlip = 0x204;
    public const ulong DuplicateDelay = 0x205;

    public const ulong DiskLatency = 0x300;
    public const ulong DiskTear = 0x301;
    public const ulong DiskError = 0x302;
    public const ulong DiskRot = 0x303;
    public const ulong DiskMisdirect = 0x304;
    public const ulong DiskNames = 0x305;

    public const ulong ClockOffset = 0x400;
    public const ulong ClockDrift = 0x401;

    public const ulong Node = 0x500;
    public const ulong Client = 0x501;
    public const ulong ClientPatience = 0x502;
    public const ulong ClientTarget = 0x503;
    public const ulong Liveness = 0x504;
    public const ulong TooLarge = 0x505;
    public const ulong SlowRead = 0x506;
    public const ulong Broker = 0x507;
}
