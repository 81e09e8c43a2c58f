namespace Exchange.Rsm.StateMachine.Storage;

/// <summary>The halves of a 128-bit number. The checked cast would refuse a number beyond 64 bits.</summary>
internal static class Words
{
    public static ulong Low(UInt128 number) => unchecked((ulong)number);

    public static ulong High(UInt128 number) => unchecked((ulong)(number >> 64));
}
