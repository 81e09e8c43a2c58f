using Exchange.Rsm.Replication.Disk;

namespace Exchange.Rsm.Replication.Tests.Disk;

public sealed class DiskRequestTests
{
    [Fact]
    public void Errors_and_file_kinds_keep_their_numbers()
    {
        Assert.Equal([0, 1, 2, 3, 4], Enum.GetValues<DiskError>().Select(error => (int)error));
        Assert.Equal([0, 1, 2, 3, 4, 5], Enum.GetValues<FileKind>().Select(kind => (int)kind));
    }
}
