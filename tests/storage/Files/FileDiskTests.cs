using Exchange.Rsm.Hosts.Storage.Files;
using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Storage.Tests.Files;

public sealed class FileDiskTests : IDisposable
{
    private static readonly FileId Spare = new(FileKind.Spare, 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_used_by_one_process_at_a_time()
    {
        using (new FileDisk(_folder, () => { }))
        {
            var refused = Assert.Throws<StorageException>(() => new FileDisk(_folder, () => { }));
            Assert.Contains("in use", refused.Message, StringComparison.Ordinal);
        }

        new FileDisk(_folder, () => { }).Dispose();
    }

    // A loss of power must not take the folder of a member that has spoken: it would come back blank, as the same.
    [Fact]
    public void A_new_folder_has_a_durable_name_before_anything_is_promised()
    {
        var calls = new FaultyCalls();
        var folder = Path.Combine(_folder, "cluster", "member");
        new FileDisk(folder, () => { }, calls).Dispose();
        Assert.Equal([_folder, Path.Combine(_folder, "cluster")], calls.SyncedFolders[^2..]);
        calls.SyncedFolders.Clear();
        new FileDisk(folder, () => { }, calls).Dispose();
        Assert.Equal([Path.Combine(_folder, "cluster")], calls.SyncedFolders);
        calls.SyncAnswer = -Errno.Device;
        Assert.Throws<StorageException>(() => new FileDisk(Path.Combine(_folder, "other"), () => { }, calls));
    }

    [Theory]
    [InlineData(Errno.Device, DiskError.Device)]
    [InlineData(9, DiskError.Device)]
    [InlineData(Errno.NoSpace, DiskError.NoSpace)]
    [InlineData(Errno.Quota, DiskError.NoSpace)]
    [InlineData(Errno.TooLarge, DiskError.NoSpace)]
    public void An_error_of_a_write_is_named_and_not_tried_again(int errno, DiskError error)
    {
        var calls = new FaultyCalls();
        using var disk = new DrivenFileDisk(_folder, calls);
        Assert.Equal(DiskError.None, Create(disk));
        calls.WriteAnswer = -errno;
        calls.Writes = 0;
        Assert.Equal(error, Write(disk));
        Assert.Equal(1, calls.Writes);
    }

    [Fact]
    public void A_write_of_fewer_bytes_is_short()
    {
        var calls = new FaultyCalls();
        using var disk = new DrivenFileDisk(_folder, calls);
        Create(disk);
        calls.WriteAnswer = 512;
        Assert.Equal(DiskError.Short, Write(disk));
    }

    [Fact]
    public void A_file_that_could_not_be_made_whole_is_not_there()
    {
        var calls = new FaultyCalls { WriteAnswer = -Errno.NoSpace };
        using var disk = new DrivenFileDisk(_folder, calls);
        Assert.Equal(DiskError.NoSpace, Create(disk));
        Assert.Empty(disk.List());
        Assert.DoesNotContain(
            Directory.EnumerateFiles(_folder), name => name.EndsWith(".new", StringComparison.Ordinal));
        calls.WriteAnswer = null;
        Assert.Equal(DiskError.None, Create(disk));
    }

    [Fact]
    public void Names_are_made_durable_and_an_error_there_is_an_error()
    {
        var calls = new FaultyCalls();
        using var disk = new DrivenFileDisk(_folder, calls);
        var before = calls.Syncs;
        Create(disk);
        Assert.Equal(2, calls.Syncs - before);
        calls.SyncAnswer = -Errno.Device;
        var request = new DiskRequest
        {
            Operation = DiskOperation.Rename,
            File = Spare,
            Target = new FileId(FileKind.Segment, 1),
        };
        disk.Submit(request);
        disk.CompleteNext();
        Assert.Equal(DiskError.Device, request.Error);
    }

    [Fact]
    public void A_file_system_without_direct_writes_is_still_written_durably()
    {
        var calls = new FaultyCalls { IsDirectRefused = true };
        using var disk = new DrivenFileDisk(_folder, calls);
        Assert.Equal(DiskError.None, Create(disk));
        Assert.Equal(DiskError.None, Write(disk));
        Assert.False(disk.IsDirect);
        Assert.True(calls.Opened[FileNames.Of(Spare)].HasFlag(OpenOptions.Durable));
    }

    [Fact]
    public void What_was_not_finished_when_the_process_died_is_removed()
    {
        File.WriteAllText(Path.Combine(_folder, FileNames.Of(Spare) + FileNames.Unfinished), "half");
        using var disk = new DrivenFileDisk(_folder);
        Assert.Empty(disk.List());
        Assert.Equal(DiskError.None, Create(disk));
    }

    [Fact]
    public void A_write_that_does_not_return_is_seen_from_outside()
    {
        var calls = new FaultyCalls();
        using var disk = new DrivenFileDisk(_folder, calls);
        Create(disk);
        Assert.Equal(TimeSpan.Zero, disk.WriteAge);
        using var hold = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        calls.Hold = () =>
        {
            entered.Set();
            hold.Wait();
        };
        var request = Request(disk);
        disk.Submit(request);
        entered.Wait(TestContext.Current.CancellationToken);
        Assert.True(disk.WriteAge > TimeSpan.Zero);
        hold.Set();
        disk.CompleteNext();
        Assert.Equal(TimeSpan.Zero, disk.WriteAge);
    }

    [Fact]
    public void Names_of_files_are_read_back_and_others_are_not_taken()
    {
        foreach (var kind in Enum.GetValues<FileKind>().Skip(1))
        {
            var file = new FileId(kind, 0xABCDEF);
            Assert.True(FileNames.TryParse(FileNames.Of(file), out var parsed));
            Assert.Equal(file, parsed);
        }

        foreach (var name in (string[])["lock", "segment-1", "segment-000000000000000g", "other-0000000000000001", "-"])
        {
            Assert.False(FileNames.TryParse(name, out _));
        }
    }

    private static DiskError Create(DrivenFileDisk disk)
    {
        var request = new DiskRequest
        {
            Operation = DiskOperation.Create,
            File = Spare,
            Length = 4 * IDisk.Sector,
        };
        disk.Submit(request);
        disk.CompleteNext();
        return request.Error;
    }

    private static DiskError Write(DrivenFileDisk disk)
    {
        var request = Request(disk);
        disk.Submit(request);
        disk.CompleteNext();
        return request.Error;
    }

    private static DiskRequest Request(DrivenFileDisk disk) => new()
    {
        Operation = DiskOperation.Write,
        File = Spare,
        Buffer = disk.Allocate(2 * IDisk.Sector),
    };
}
