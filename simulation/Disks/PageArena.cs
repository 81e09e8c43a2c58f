using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Simulation.Disks;

/// <summary>
/// Sectors of one disk, kept from run to run. Number zero is the sector of zeros that nobody wrote: a new file costs
/// nothing until it is written to.
/// </summary>
internal sealed class PageArena
{
    private byte[] _bytes = new byte[64 * IDisk.Sector];
    private int[] _free = new int[64];
    private int _freeCount;
    private int _used = 1;

    /// <summary>Sectors in use.</summary>
    public int Used => _used - 1 - _freeCount;

    public void Clear()
    {
        _freeCount = 0;
        _used = 1;
    }

    /// <summary>A sector of zeros.</summary>
    public int Rent()
    {
        int page;
        if (_freeCount > 0)
        {
            page = _free[--_freeCount];
        }
        else
        {
            page = _used++;
            if (_bytes.Length < _used * IDisk.Sector)
            {
                Array.Resize(ref _bytes, _bytes.Length * 2);
            }
        }

        Of(page).Clear();
        return page;
    }

    public void Return(int page)
    {
        Invariant.Check(page > 0);
        if (_freeCount == _free.Length)
        {
            Array.Resize(ref _free, _freeCount * 2);
        }

        _free[_freeCount++] = page;
    }

    public Span<byte> Of(int page) => _bytes.AsSpan(page * IDisk.Sector, IDisk.Sector);
}
