using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Disks;

/// <summary>
/// The disk of one node. What completed is durable; of what was under way at a crash each sector may be there, missing
/// or torn, and each name new or old. Every decision is keyed by what the request is (file, offset, first bytes), not
/// by how many came before.
/// <para>Not modelled: a device that loses what it reported durable, other than by rot and misdirection; a cache that
/// reorders across completions.</para>
/// </summary>
public sealed class SimulatedDisk : IDisk
{
    private const int SmallSector = 512;
    private const int Million = 1_000_000;
    private const int PagesMax = 16_384;

    private readonly PageArena _arena = new();
    private readonly List<SimulatedFile> _files = [];
    private readonly List<SimulatedFile> _spareFiles = [];
    private readonly List<byte[]> _buffers = [];
    private Pending[] _pending = new Pending[16];
    private int _pendingCount;
    private int _buffersUsed;
    private Fate _fate;
    private FaultCounts _counts = new();
    private IDiskSchedule? _schedule;
    private int _node;

    /// <summary>What the faults under way do to it.</summary>
    public DiskWeather Weather;

    /// <summary>Whether a request is under way.</summary>
    public bool IsBusy => _pendingCount > 0;

    /// <summary>Begins a run with an empty disk.</summary>
    public void Reset(int node, Fate fate, in DiskWeather weather, FaultCounts counts, IDiskSchedule schedule)
    {
        Invariant.Check(weather.LatencySpread > 0);
        _node = node;
        _fate = fate;
        _counts = counts;
        _schedule = schedule;
        Weather = weather;
        Array.Clear(_pending);
        _pendingCount = 0;
        _buffersUsed = 0;
        Wipe();
    }

    /// <summary>All is gone: a new disk in the old one's place.</summary>
    public void Wipe()
    {
        _spareFiles.AddRange(_files);
        _files.Clear();
        _arena.Clear();
    }

    /// <summary>A new process begins: memory that the one before it asked for is given out again.</summary>
    public void ForgetBuffers() => _buffersUsed = 0;

    public Memory<byte> Allocate(int length)
    {
        Invariant.Check(length > 0);
        Invariant.Check(length % IDisk.Sector == 0);

        // The same process asks for the same sizes in the same order, so the next buffer mostly fits.
        for (var i = _buffersUsed; i < _buffers.Count; i++)
        {
            if (_buffers[i].Length == length)
            {
                (_buffers[i], _buffers[_buffersUsed]) = (_buffers[_buffersUsed], _buffers[i]);
                var found = _buffers[_buffersUsed++];
                Array.Clear(found);
                return found;
            }
        }

        var made = new byte[length];
        _buffers.Add(made);
        (_buffers[^1], _buffers[_buffersUsed]) = (_buffers[_buffersUsed], _buffers[^1]);
        _buffersUsed++;
        return made;
    }

    public IReadOnlyList<FileListing> List() =>
        [.. _files.Select(file => new FileListing(file.Id, file.Length))
            .OrderBy(file => file.File.Kind).ThenBy(file => file.File.Number)];

    public DiskError ReadNow(FileId file, long offset, Span<byte> buffer)
    {
        var found = Find(file);
        return found is null ? DiskError.Name : ReadFrom(found, offset, buffer);
    }

    public void Submit(DiskRequest request)
    {
        var identity = IdentityOf(request);
        var latency = Weather.LatencyMin
            + (long)(_fate.Draw(FateDomain.DiskLatency, identity) % (ulong)Weather.LatencySpread);
        if (Weather.Slowness > 1)
        {
            _counts.Count(FaultKind.DiskSlow);
        }

        var done = _schedule!.Now + (latency * Weather.Slowness);
        if (Weather.StalledUntil > done)
        {
            _counts.Count(FaultKind.DiskStalled);
            done = Weather.StalledUntil;
        }

        var slot = FreeSlot();
        _pending[slot] = new Pending { Request = request, Identity = identity, Offset = request.Offset };
        _pendingCount++;
        if (request.Operation == DiskOperation.Write)
        {
            Misdirect(ref _pending[slot]);
        }

        _schedule.DiskWillBeDone(_node, slot, done, identity);
    }

    /// <summary>A request is done; it is handed to its owner next.</summary>
    /// <returns>The request with its error; null where a crash took it.</returns>
    public DiskRequest? Complete(int slot)
    {
        var pending = _pending[slot];
        if (pending.Request is not { } request)
        {
            return null;
        }

        _pending[slot] = default;
        _pendingCount--;
        request.Error = request.Operation switch
        {
            DiskOperation.Create => Create(request),
            DiskOperation.Write => Write(in pending, request),
            DiskOperation.Read => ReadNow(request.File, request.Offset, request.Buffer.Span),
            DiskOperation.Rename => Rename(request),
            DiskOperation.Delete => Delete(request),
            _ => throw new InvariantViolationException("a disk request has an operation"),
        };
        return request;
    }

    /// <summary>The power fails: what was under way is there in part or not at all.</summary>
    /// <param name="identity">Names the crash.</param>
    public void Crash(ulong identity)
    {
        for (var slot = 0; slot < _pending.Length; slot++)
        {
            var pending = _pending[slot];
            _pending[slot] = default;
            if (pending.Request is not { } request)
            {
                continue;
            }

            var luck = _fate.Draw(FateDomain.DiskTear, pending.Identity ^ identity);
            if (request.Operation == DiskOperation.Write)
            {
                Tear(in pending, request, luck);
            }
            else if (request.Operation != DiskOperation.Read)
            {
                KeepName(request, (luck & 1) == 0);
            }
        }

        _pendingCount = 0;
    }

    /// <summary>Flips one bit of what is durable.</summary>
    /// <param name="identity">Names the fault; file, sector and bit follow from it.</param>
    /// <returns>False where nothing is written yet.</returns>
    public bool Rot(ulong identity)
    {
        var written = 0;
        foreach (var file in _files)
        {
            for (var sector = 0; sector < file.Sectors; sector++)
            {
                written += file.IsWritten(sector) ? 1 : 0;
            }
        }

        if (written == 0)
        {
            return false;
        }

        var chosen = _fate.Below(written, FateDomain.DiskRot, identity);
        foreach (var file in _files)
        {
            for (var sector = 0; sector < file.Sectors; sector++)
            {
                if (file.IsWritten(sector) && chosen-- == 0)
                {
                    FlipIn(file.Change(_arena, sector), identity);
                    _counts.Count(FaultKind.BitRot);
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Copies all that is durable to another disk, as a backup does.</summary>
    public void CopyTo(SimulatedDisk other)
    {
        other.Wipe();
        foreach (var file in _files)
        {
            var copy = other.NewFile();
            file.CopyTo(_arena, copy, other._arena);
            other._files.Add(copy);
        }
    }

    // Damage that changes what the sector says: most of a sector is often zero and read by nobody.
    private void FlipIn(Span<byte> sector, ulong identity)
    {
        var last = sector.LastIndexOfAnyExcept((byte)0);
        var bytes = last < 0 ? IDisk.Sector : last + 1;
        var bit = _fate.Below(bytes * 8, FateDomain.DiskRot + (1UL << 32), identity);
        sector[bit / 8] ^= (byte)(1 << (bit % 8));
    }

    private void Misdirect(ref Pending pending)
    {
        var request = pending.Request!;
        var file = Find(request.File);
        var sectors = request.Buffer.Length / IDisk.Sector;
        if (Weather.Misdirections == 0 || file is null || file.Sectors <= sectors)
        {
            return;
        }

        Weather.Misdirections--;
        var places = file.Sectors - sectors + 1;
        pending.Offset = (long)_fate.Below(places, FateDomain.DiskMisdirect, pending.Identity) * IDisk.Sector;
        if (pending.Offset != request.Offset)
        {
            _counts.Count(FaultKind.WriteMisdirected);
        }
    }

    private DiskError Create(DiskRequest request)
    {
        if (Find(request.File) is not null)
        {
            return DiskError.Name;
        }

        if (Weather.Full > 0 || _arena.Used + (request.Length / IDisk.Sector) > PagesMax)
        {
            _counts.Count(FaultKind.DiskFull);
            return DiskError.NoSpace;
        }

        var file = NewFile();
        file.Create(request.File, request.Length);
        _files.Add(file);
        return DiskError.None;
    }

    private DiskError Write(in Pending pending, DiskRequest request)
    {
        var file = Find(request.File);
        if (file is null)
        {
            return DiskError.Name;
        }

        Invariant.Check(request.Offset % IDisk.Sector == 0);
        Invariant.Check(request.Buffer.Length % IDisk.Sector == 0);
        if (request.Offset + request.Buffer.Length > file.Length)
        {
            return DiskError.Short;
        }

        if (Weather.WriteErrors > 0)
        {
            Weather.WriteErrors--;
            _counts.Count(FaultKind.WriteError);
            Tear(in pending, request, _fate.Draw(FateDomain.DiskError, pending.Identity));
            return DiskError.Device;
        }

        for (var done = 0; done < request.Buffer.Length; done += IDisk.Sector)
        {
            var sector = (int)((pending.Offset + done) / IDisk.Sector);
            request.Buffer.Span.Slice(done, IDisk.Sector).CopyTo(file.Change(_arena, sector));
        }

        return DiskError.None;
    }

    // Each sector by its own luck: whole, missing, or the first part of it.
    private void Tear(in Pending pending, DiskRequest request, ulong luck)
    {
        var file = Find(request.File);
        if (file is null)
        {
            return;
        }

        for (var done = 0; done < request.Buffer.Length && pending.Offset + done < file.Length; done += IDisk.Sector)
        {
            var own = StableHash.Mix(luck, (ulong)done);
            var kept = (own & 7) switch
            {
                0 or 1 or 2 => IDisk.Sector,
                3 or 4 or 5 => 0,
                _ => SmallSector * (1 + (int)((own >> 8) % ((IDisk.Sector / SmallSector) - 1))),
            };
            if (kept < IDisk.Sector)
            {
                _counts.Count(kept == 0 ? FaultKind.WriteLost : FaultKind.WriteTorn);
            }

            if (kept > 0)
            {
                var sector = file.Change(_arena, (int)((pending.Offset + done) / IDisk.Sector));
                request.Buffer.Span.Slice(done, kept).CopyTo(sector);
            }
        }
    }

    private void KeepName(DiskRequest request, bool isKept)
    {
        if (!isKept)
        {
            _counts.Count(FaultKind.NameLost);
            return;
        }

        request.Error = request.Operation switch
        {
            DiskOperation.Create => Create(request),
            DiskOperation.Rename => Rename(request),
            _ => Delete(request),
        };
    }

    private DiskError ReadFrom(SimulatedFile file, long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset + buffer.Length > file.Length)
        {
            return DiskError.Short;
        }

        if (Weather.ReadErrorPpm + Weather.ReadShortPpm > 0)
        {
            var identity = StableHash.Mix(NameOf(file.Id), (ulong)offset ^ ((ulong)_schedule!.Now << 20));
            var luck = (int)(_fate.Draw(FateDomain.DiskError, identity) % Million);
            if (luck < Weather.ReadErrorPpm)
            {
                _counts.Count(FaultKind.ReadError);
                return DiskError.Device;
            }

            if (luck < Weather.ReadErrorPpm + Weather.ReadShortPpm)
            {
                _counts.Count(FaultKind.ReadShort);
                return DiskError.Short;
            }
        }

        for (var done = 0; done < buffer.Length;)
        {
            var within = (int)((offset + done) % IDisk.Sector);
            var count = Math.Min(IDisk.Sector - within, buffer.Length - done);
            var sector = file.Read(_arena, (int)((offset + done) / IDisk.Sector));
            sector.Slice(within, count).CopyTo(buffer[done..]);
            done += count;
        }

        return DiskError.None;
    }

    private DiskError Rename(DiskRequest request)
    {
        var file = Find(request.File);
        if (file is null || Find(request.Target) is not null)
        {
            return DiskError.Name;
        }

        file.Id = request.Target;
        return DiskError.None;
    }

    private DiskError Delete(DiskRequest request)
    {
        var file = Find(request.File);
        if (file is null)
        {
            return DiskError.Name;
        }

        file.Delete(_arena);
        _files.Remove(file);
        _spareFiles.Add(file);
        return DiskError.None;
    }

    private SimulatedFile NewFile()
    {
        if (_spareFiles.Count == 0)
        {
            return new SimulatedFile();
        }

        var file = _spareFiles[^1];
        _spareFiles.RemoveAt(_spareFiles.Count - 1);
        return file;
    }

    private SimulatedFile? Find(FileId id)
    {
        for (var i = 0; i < _files.Count; i++)
        {
            if (_files[i].Id == id)
            {
                return _files[i];
            }
        }

        return null;
    }

    private int FreeSlot()
    {
        for (var slot = 0; slot < _pending.Length; slot++)
        {
            if (_pending[slot].Request is null)
            {
                return slot;
            }
        }

        Array.Resize(ref _pending, _pending.Length * 2);
        return _pending.Length / 2;
    }

    private ulong IdentityOf(DiskRequest request)
    {
        var identity = StableHash.Mix(NameOf(request.File), ((ulong)request.Offset << 8) | (byte)request.Operation);
        identity = StableHash.Mix(identity, (ulong)_node);
        return request.Operation == DiskOperation.Write
            ? StableHash.Of(request.Buffer.Span[..128], identity)
            : identity;
    }

    private static ulong NameOf(FileId id) => StableHash.Mix((ulong)id.Kind, id.Number);

    private struct Pending
    {
        public DiskRequest? Request;
        public ulong Identity;
        public long Offset;
    }
}
