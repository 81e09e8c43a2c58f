using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Tests.Disk;

/// <summary>What every disk does: held against files and against the simulated one.</summary>
public abstract class DiskConformance
{
    private static readonly FileId Spare = new(FileKind.Spare, 7);
    private static readonly FileId Segment = new(FileKind.Segment, 0xFEDC_BA98_7654_3210);

    /// <summary>Opens the disk, with what is on it.</summary>
    internal abstract IDrivenDisk Open();

    /// <summary>Lets go of it, so that it can be opened again.</summary>
    internal abstract void Close(IDrivenDisk disk);

    [Fact]
    public void A_new_file_is_all_zeros_and_listed_with_its_size()
    {
        var disk = Open();
        Assert.Empty(disk.List());
        Assert.Equal(DiskError.None, Do(disk, DiskOperation.Create, Spare, length: 3 * IDisk.Sector));
        Close(disk);
        disk = Open();
        Assert.Equal([new FileListing(Spare, 3 * IDisk.Sector)], disk.List());
        var bytes = disk.Allocate(3 * IDisk.Sector);
        bytes.Span.Fill(1);
        Assert.Equal(DiskError.None, disk.ReadNow(Spare, 0, bytes.Span));
        Assert.Equal(-1, bytes.Span.IndexOfAnyExcept((byte)0));
        Close(disk);
    }

    [Fact]
    public void What_was_written_is_there_after_the_disk_was_opened_again()
    {
        var disk = Open();
        Do(disk, DiskOperation.Create, Segment, length: 8 * IDisk.Sector);
        var bytes = disk.Allocate(2 * IDisk.Sector);
        Number(bytes.Span, 3);
        Assert.Equal(DiskError.None, Do(disk, DiskOperation.Write, Segment, 5 * IDisk.Sector, bytes));
        Close(disk);
        disk = Open();
        var read = disk.Allocate(2 * IDisk.Sector);
        Assert.Equal(DiskError.None, Do(disk, DiskOperation.Read, Segment, 5 * IDisk.Sector, read));
        Assert.True(bytes.Span.SequenceEqual(read.Span));

        // A part of a sector, into memory that is not the disk's.
        var part = new byte[100];
        Assert.Equal(DiskError.None, disk.ReadNow(Segment, (5 * IDisk.Sector) + 11, part));
        Assert.True(bytes.Span.Slice(11, 100).SequenceEqual(part));
        Close(disk);
    }

    [Fact]
    public void A_file_keeps_its_bytes_under_a_new_name()
    {
        var disk = Open();
        Do(disk, DiskOperation.Create, Spare, length: 2 * IDisk.Sector);
        var bytes = disk.Allocate(IDisk.Sector);
        Number(bytes.Span, 9);
        Do(disk, DiskOperation.Write, Spare, 0, bytes);
        Assert.Equal(DiskError.None, Do(disk, DiskOperation.Rename, Spare, target: Segment));
        Do(disk, DiskOperation.Write, Segment, IDisk.Sector, bytes);
        Close(disk);
        disk = Open();
        Assert.Equal([new FileListing(Segment, 2 * IDisk.Sector)], disk.List());
        var read = disk.Allocate(2 * IDisk.Sector);
        Assert.Equal(DiskError.None, disk.ReadNow(Segment, 0, read.Span));
        Assert.True(bytes.Span.SequenceEqual(read.Span[..IDisk.Sector]));
        Assert.True(bytes.Span.SequenceEqual(read.Span[IDisk.Sector..]));
        Assert.Equal(DiskError.None, Do(disk, DiskOperation.Delete, Segment));
        Assert.Empty(disk.List());
        Close(disk);
    }

    [Fact]
    public void Names_that_are_missing_or_taken_are_refused()
    {
        var disk = Open();
        var bytes = disk.Allocate(IDisk.Sector);
        Do(disk, DiskOperation.Create, Spare, length: IDisk.Sector);
        Do(disk, DiskOperation.Create, Segment, length: IDisk.Sector);
        var missing = new FileId(FileKind.Journal, 1);
        Assert.Equal(DiskError.Name, Do(disk, DiskOperation.Create, Spare, length: IDisk.Sector));
        Assert.Equal(DiskError.Name, Do(disk, DiskOperation.Rename, Spare, target: Segment));
        Assert.Equal(DiskError.Name, Do(disk, DiskOperation.Rename, missing, target: Segment));
        Assert.Equal(DiskError.Name, Do(disk, DiskOperation.Write, missing, 0, bytes));
        Assert.Equal(DiskError.Name, Do(disk, DiskOperation.Read, missing, 0, bytes));
        Assert.Equal(DiskError.Name, Do(disk, DiskOperation.Delete, missing));
        Assert.Equal(DiskError.Name, disk.ReadNow(missing, 0, bytes.Span));
        Close(disk);
    }

    [Fact]
    public void Reading_past_the_end_is_short()
    {
        var disk = Open();
        Do(disk, DiskOperation.Create, Spare, length: IDisk.Sector);
        var bytes = disk.Allocate(2 * IDisk.Sector);
        Assert.Equal(DiskError.Short, Do(disk, DiskOperation.Read, Spare, 0, bytes));
        Assert.Equal(DiskError.Short, disk.ReadNow(Spare, IDisk.Sector, bytes.Span));
        Close(disk);
    }

    [Fact]
    public void Each_request_comes_back_once_with_its_tag()
    {
        var disk = Open();
        Do(disk, DiskOperation.Create, Spare, length: 64 * IDisk.Sector);
        var requests = Enumerable.Range(0, 64).Select(i => new DiskRequest
        {
            Operation = DiskOperation.Write,
            File = Spare,
            Offset = i * IDisk.Sector,
            Buffer = disk.Allocate(IDisk.Sector),
            Tag = (ulong)i,
        }).ToList();
        requests.ForEach(request => Number(request.Buffer.Span, (int)request.Tag));
        requests.ForEach(disk.Submit);
        var back = requests.Select(_ => disk.CompleteNext()).ToHashSet();
        Assert.True(disk.IsIdle);
        Assert.Equal(64, back.Count);
        Assert.All(back, request => Assert.Equal(DiskError.None, request.Error));
        foreach (var request in back)
        {
            var read = disk.Allocate(IDisk.Sector);
            Do(disk, DiskOperation.Read, Spare, (long)request.Tag * IDisk.Sector, read);
            Assert.True(request.Buffer.Span.SequenceEqual(read.Span));
        }

        Close(disk);
    }

    [Fact]
    public void Memory_of_the_disk_is_zeroed()
    {
        var disk = Open();
        var memory = disk.Allocate(5 * IDisk.Sector);
        Assert.Equal(5 * IDisk.Sector, memory.Length);
        Assert.Equal(-1, memory.Span.IndexOfAnyExcept((byte)0));
        Close(disk);
    }

    private static DiskError Do(
        IDrivenDisk disk, DiskOperation operation, FileId file, long offset = 0, Memory<byte> buffer = default,
        FileId target = default, long length = 0)
    {
        var request = new DiskRequest
        {
            Operation = operation,
            File = file,
            Target = target,
            Offset = offset,
            Length = length,
            Buffer = buffer,
        };
        disk.Submit(request);
        Assert.Same(request, disk.CompleteNext());
        return request.Error;
    }

    private static void Number(Span<byte> bytes, int seed)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(((i * 7) + seed) % 251);
        }
    }
}
