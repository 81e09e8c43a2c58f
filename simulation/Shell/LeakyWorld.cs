using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>Where a world gets something from that is not in its plan.</summary>
internal enum Leak
{
    None = 0,

    /// <summary>The clock of the machine.</summary>
    Clock = 1,

    /// <summary>The next number of a generator.</summary>
    Sequence = 2,

    /// <summary>A hash that is another for every object and process, as the order of a hash table is.</summary>
    HashOrder = 3,

    /// <summary>How far another thread has come.</summary>
    Thread = 4,
}

/// <summary>
/// A world with a leak planted in it, to see that `fleet --twice` finds it and says where: the least delay of the
/// network is moved a little by what leaks in.
/// </summary>
internal sealed class LeakyWorld(IWorld world, Leak leak) : IWorld
{
    private static long _sequence;

    public RunReport Run(Plan plan, bool keepsLines)
    {
        var knobs = plan.Knobs.Copy();
        knobs[Knob.DelayMin] += 1 + (long)(Drawn() % 1_000_003);
        return world.Run(plan with { Knobs = knobs }, keepsLines);
    }

    private ulong Drawn() => leak switch
    {
        Leak.Clock => (ulong)Stopwatch.GetTimestamp(),
        Leak.Sequence => (ulong)Interlocked.Increment(ref _sequence),
        Leak.HashOrder => (ulong)RuntimeHelpers.GetHashCode(new object()),
        _ => TurnsOfAnother(),
    };

    // How far one thread got until the other looked. Which of two comes first is too often the same one.
    private static ulong TurnsOfAnother()
    {
        var turns = 0UL;
        var isOver = false;
        var other = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                Volatile.Write(ref turns, turns + 1);
            }
        });
        other.Start();
        while (Volatile.Read(ref turns) < 1_000)
        {
            Thread.Yield();
        }

        var seen = Volatile.Read(ref turns);
        Volatile.Write(ref isOver, true);
        other.Join();
        return seen;
    }
}
