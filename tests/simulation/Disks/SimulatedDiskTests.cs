using Exchange.Rsm.Replication.Disk;
using Exchange.Rsm.Simulation.Disks;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Tests.Disks;

public sealed class SimulatedDiskTests : IDiskSchedule
{
    private static readonly FileId _file = new(FileKind.Segment, 1);

    private readonly SimulatedDisk _disk = new();
    private readonly FaultCounts _counts = new();
    private readonly Queue<int> _slots = [];

    public SimulatedDiskTests() => Reset(1);

    long IDiskSchedule.Now => 0;

    private long LastDone { get; set; }

    [Fact]
    public void What_was_written_is_read_and_survives_a_crash()
    {
        Create(_file, 4);
        Write(_file, 1, 7);
        _disk.Crash(1);
        Assert.Equal([new FileListing(_file, 4 * IDisk.Sector)], _disk.List());
        Assert.Equal(7, SectorOf(_file, 1));
        Assert.Equal(0, SectorOf(_file, 2));
    }

    [Fact]
    public void A_write_under_way_at_a_crash_is_there_missing_or_torn()
    {
        HashSet<string> outcomes = [];
        for (ulong seed = 0; seed < 200; seed++)
        {
            Reset(seed);
            Create(_file, 4);
            Submit(DiskOperation.Write, _file, 0, 9);
            _disk.Crash(seed);
            Assert.False(_disk.IsBusy);
            Assert.Null(_disk.Complete(_slots.Dequeue()));
            var buffer = new byte[IDisk.Sector];
            Assert.Equal(DiskError.None, _disk.ReadNow(_file, 0, buffer));
            var kept = buffer.Count(one => one == 9);
            Assert.Equal(0, kept % 512);
            Assert.True(buffer.AsSpan(0, kept).IndexOfAnyExcept((byte)9) < 0);
            outcomes.Add(kept == 0 ? "missing" : kept == IDisk.Sector ? "there" : "torn");
        }

        Assert.Equal(3, outcomes.Count);
        Assert.True(_counts[FaultKind.WriteLost] > 0);
        Assert.True(_counts[FaultKind.WriteTorn] > 0);
    }

    [Fact]
    public void A_name_under_way_at_a_crash_is_old_or_new()
    {
        HashSet<int> counts = [];
        for (ulong seed = 0; seed < 40; seed++)
        {
            Reset(seed);
            Submit(DiskOperation.Create, _file, 0, 0, 4);
            _disk.Crash(seed);
            counts.Add(_disk.List().Count);
        }

        Assert.Equal([0, 1], counts.Order());
    }

    [Fact]
    public void A_failed_write_says_so_and_promises_nothing()
    {
        Create(_file, 4);
        _disk.Weather.WriteErrors = 1;
        Assert.Equal(DiskError.Device, Write(_file, 0, 5));
        Assert.Equal(DiskError.None, Write(_file, 0, 5));
        Assert.Equal(1, _counts[FaultKind.WriteError]);
    }

    [Fact]
    public void A_full_disk_makes_no_files_and_names_are_unique()
    {
        Create(_file, 4);
        Assert.Equal(DiskError.Name, Submitted(DiskOperation.Create, _file, 0, 0, 4));
        _disk.Weather.Full = 1;
        Assert.Equal(DiskError.NoSpace, Submitted(DiskOperation.Create, new FileId(FileKind.Segment, 2), 0, 0, 4));
    }

    [Fact]
    public void Files_are_renamed_and_removed()
    {
        Create(_file, 2);
        Write(_file, 0, 3);
        var other = new FileId(FileKind.Spare, 9);
        Assert.Equal(DiskError.None, Submitted(DiskOperation.Rename, _file, 0, 0, 0, other));
        Assert.Equal(3, SectorOf(other, 0));
        Assert.Equal(DiskError.None, Submitted(DiskOperation.Delete, other, 0, 0));
        Assert.Empty(_disk.List());
        Assert.Equal(DiskError.Name, Submitted(DiskOperation.Delete, other, 0, 0));
    }

    [Fact]
    public void Rot_changes_one_bit_of_what_is_written()
    {
        Assert.False(_disk.Rot(1));
        Create(_file, 4);
        Write(_file, 2, 255);
        Assert.True(_disk.Rot(1));
        var buffer = new byte[4 * IDisk.Sector];
        _disk.ReadNow(_file, 0, buffer);
        Assert.Equal((IDisk.Sector * 8) - 1, buffer.Sum(one => int.PopCount(one)));
    }

    [Fact]
    public void A_misdirected_write_lands_elsewhere_in_its_file_and_reports_success()
    {
        Create(_file, 64);
        _disk.Weather.Misdirections = 1;
        Assert.Equal(DiskError.None, Write(_file, 0, 8));
        Assert.Equal(1, _counts[FaultKind.WriteMisdirected]);
        Assert.Equal(0, SectorOf(_file, 0));
        Assert.Equal(1, Enumerable.Range(0, 64).Count(sector => SectorOf(_file, sector) == 8));
    }

    [Fact]
    public void A_stalled_disk_is_done_when_the_stall_ends()
    {
        Create(_file, 4);
        _disk.Weather.StalledUntil = 1_000_000;
        Submit(DiskOperation.Write, _file, 0, 1);
        Assert.Equal(1_000_000, LastDone);
        Assert.Equal(1, _counts[FaultKind.DiskStalled]);
    }

    [Fact]
    public void A_backup_is_a_copy_that_later_writes_do_not_reach()
    {
        Create(_file, 4);
        Write(_file, 0, 1);
        var backup = new SimulatedDisk();
        _disk.CopyTo(backup);
        Write(_file, 0, 2);
        backup.CopyTo(_disk);
        Assert.Equal(1, SectorOf(_file, 0));
    }

    void IDiskSchedule.DiskWillBeDone(int node, int slot, long at, ulong identity)
    {
        Assert.True(at > 0);
        LastDone = at;
        _slots.Enqueue(slot);
    }

    private void Reset(ulong seed)
    {
        _slots.Clear();
        var weather = new DiskWeather { LatencyMin = 10, LatencySpread = 90, Slowness = 1 };
        _disk.Reset(0, new Fate(seed), weather, _counts, this);
    }

    private void Create(FileId file, int sectors) =>
        Assert.Equal(DiskError.None, Submitted(DiskOperation.Create, file, 0, 0, sectors));

    private DiskError Write(FileId file, int sector, byte value) =>
        Submitted(DiskOperation.Write, file, sector, value);

    private DiskError Submitted(
        DiskOperation operation, FileId file, int sector, byte value, int sectors = 1, FileId target = default)
    {
        Submit(operation, file, sector, value, sectors, target);
        return _disk.Complete(_slots.Dequeue())!.Error;
    }

    private void Submit(
        DiskOperation operation, FileId file, int sector, byte value, int sectors = 1, FileId target = default)
    {
        var buffer = _disk.Allocate(IDisk.Sector);
        buffer.Span.Fill(value);
        _disk.Submit(new DiskRequest
        {
            Operation = operation,
            File = file,
            Target = target,
            Offset = (long)sector * IDisk.Sector,
            Length = (long)sectors * IDisk.Sector,
            Buffer = buffer,
        });
    }

    private int SectorOf(FileId file, int sector)
    {
        var buffer = new byte[IDisk.Sector];
        Assert.Equal(DiskError.None, _disk.ReadNow(file, (long)sector * IDisk.Sector, buffer));
        return buffer[0];
    }
}
