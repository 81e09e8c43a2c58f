using System.Numerics;

namespace Exchange.Rsm.Simulation.Marks;

/// <summary>Which marks a run has met. A fixed number of bits: a mark costs one instruction.</summary>
public struct MarkSet
{
    /// <summary>Most marks there may be.</summary>
    public const int Capacity = 256;

    private ulong _word0;
    private ulong _word1;
    private ulong _word2;
    private ulong _word3;

    /// <summary>How many were met.</summary>
    public readonly int Count => BitOperations.PopCount(_word0) + BitOperations.PopCount(_word1)
        + BitOperations.PopCount(_word2) + BitOperations.PopCount(_word3);

    /// <summary>Whether one was met.</summary>
    public readonly bool this[int mark] => (Word(mark >> 6) & (1UL << (mark & 63))) != 0;

    /// <summary>It was met.</summary>
    public void Set(int mark)
    {
        var bit = 1UL << (mark & 63);
        switch (mark >> 6)
        {
            case 0:
                _word0 |= bit;
                break;
            case 1:
                _word1 |= bit;
                break;
            case 2:
                _word2 |= bit;
                break;
            default:
                _word3 |= bit;
                break;
        }
    }

    private readonly ulong Word(int place) => place switch
    {
        0 => _word0,
        1 => _word1,
        2 => _word2,
        _ => _word3,
    };
}
