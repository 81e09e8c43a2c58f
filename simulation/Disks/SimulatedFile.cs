using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Simulation.Disks;

/// <summary>One file of a simulated disk: its durable bytes, sector by sector.</summary>
internal sealed class SimulatedFile
{
    private int[] _pages = [];

    public FileId Id { get; set; }

    public long Length { get; private set; }

    public int Sectors => (int)(Length / IDisk.Sector);

    public void Create(FileId id, long length)
    {
        Invariant.Check(length > 0);
        Invariant.Check(length % IDisk.Sector == 0);
        Id = id;
        Length = length;
        if (_pages.Length < Sectors)
        {
            _pages = new int[Sectors];
        }

        Array.Clear(_pages, 0, Sectors);
    }

    public void Delete(PageArena arena)
    {
        for (var sector = 0; sector < Sectors; sector++)
        {
            if (_pages[sector] != 0)
            {
                arena.Return(_pages[sector]);
            }
        }

        Length = 0;
    }

    public bool IsWritten(int sector) => _pages[sector] != 0;

    public ReadOnlySpan<byte> Read(PageArena arena, int sector) => arena.Of(_pages[sector]);

    public Span<byte> Change(PageArena arena, int sector)
    {
        if (_pages[sector] == 0)
        {
            _pages[sector] = arena.Rent();
        }

        return arena.Of(_pages[sector]);
    }

    public void CopyTo(PageArena arena, SimulatedFile other, PageArena otherArena)
    {
        other.Create(Id, Length);
        for (var sector = 0; sector < Sectors; sector++)
        {
            if (_pages[sector] != 0)
            {
                Read(arena, sector).CopyTo(other.Change(otherArena, sector));
            }
        }
    }
}
