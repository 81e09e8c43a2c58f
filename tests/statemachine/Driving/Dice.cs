using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.StateMachine.Tests.Driving;

/// <summary>Draws of one seed, one after the other: for tests whose next step depends on the last.</summary>
internal sealed class Dice(ulong seed)
{
    private readonly Fate _fate = new(seed);
    private ulong _drawn;

    public ulong Next() => _fate.Draw(1, _drawn++);

    /// <summary>A number in 0..bound − 1.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public long Below(long bound) => (long)(Next() % (ulong)bound);

    public bool OnceIn(int count) => Below(count) == 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];
}
