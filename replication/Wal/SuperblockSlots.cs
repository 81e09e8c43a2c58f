using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Wal;

/// <summary>Writes the two slots in turn, so that one of them is whole at any moment.</summary>
internal sealed class SuperblockSlots
{
    private readonly IDisk _disk;
    private readonly WalIdentity _identity;
    private readonly Memory<byte> _sector;
    private readonly Queue<(DiskOperation Operation, ulong Slot)> _preparations = new();
    private ulong _generation;

    public SuperblockSlots(IDisk disk, in WalIdentity identity, RecoveredFiles files)
    {
        _disk = disk;
        _identity = identity;
        _generation = files.Generation;
        _sector = disk.Allocate(IDisk.Sector);
        for (var slot = 0; slot < 2; slot++)
        {
            var length = files.SlotLengths[slot];
            if (length >= 0 && length != IDisk.Sector)
            {
                _preparations.Enqueue((DiskOperation.Delete, (ulong)slot));
            }

            if (length != IDisk.Sector)
            {
                _preparations.Enqueue((DiskOperation.Create, (ulong)slot));
            }
        }
    }

    public DiskRequest Request { get; } = new();

    public bool IsBusy { get; private set; }

    /// <summary>Makes what slots are missing, one step at a time.</summary>
    /// <returns>True once both are there.</returns>
    public bool Prepare()
    {
        if (!IsBusy && _preparations.TryDequeue(out var step))
        {
            Start(step.Operation, step.Slot);
        }

        return !IsBusy && _preparations.Count == 0;
    }

    public void Write(WalHardState state, ulong sequence)
    {
        Invariant.Check(!IsBusy);
        Invariant.Check(_preparations.Count == 0);
        _generation++;
        var block = Superblock.Of(in _identity, _generation, state, sequence);
        _sector.Span.Clear();
        MemoryMarshal.Write(_sector.Span, in block);
        Start(DiskOperation.Write, _generation & 1);
    }

    public DiskError Complete()
    {
        Invariant.Check(IsBusy);
        IsBusy = false;
        return Request.Error;
    }

    private void Start(DiskOperation operation, ulong slot)
    {
        Request.Operation = operation;
        Request.File = new FileId(FileKind.Superblock, slot);
        Request.Offset = 0;
        Request.Length = IDisk.Sector;
        Request.Buffer = _sector;
        Request.Error = DiskError.None;
        IsBusy = true;
        _disk.Submit(Request);
    }
}
