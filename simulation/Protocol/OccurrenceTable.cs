namespace Exchange.Rsm.Simulation.Protocol;

/// <summary>
/// Counts how often a thing with an identity came by, so that a repeat is another thing than the first. Open addressing
/// over a fixed table: where it is full, later things share a count, which costs stability and nothing else.
/// </summary>
internal sealed class OccurrenceTable
{
    private const int Size = 1 << 15;
    private const int ProbesMax = 16;

    private readonly ulong[] _keys = new ulong[Size];
    private readonly uint[] _counts = new uint[Size];
    private readonly uint[] _runs = new uint[Size];
    private uint _run = 1;

    public void Clear() => _run++;

    public uint Next(ulong identity)
    {
        var slot = (int)(identity >> 40) & (Size - 1);
        for (var probe = 0; probe < ProbesMax; probe++, slot = (slot + 1) & (Size - 1))
        {
            if (_runs[slot] != _run)
            {
                _runs[slot] = _run;
                _keys[slot] = identity;
                _counts[slot] = 0;
                return 0;
            }

            if (_keys[slot] == identity)
            {
                return ++_counts[slot];
            }
        }

        // Shared, and begun anew by the first of this run: what an earlier run left here is none of its business.
        if (_runs[slot] != _run)
        {
            _runs[slot] = _run;
            _keys[slot] = identity;
            _counts[slot] = 0;
        }

        return ++_counts[slot];
    }
}
