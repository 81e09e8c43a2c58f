namespace Exchange.Rsm.Cli.Tests.Logs;

/// <summary>One log for all tests that only read it.</summary>
public sealed class WrittenLog : IDisposable
{
    private const ulong Seed = 20_261_120;
    private readonly string _folder = Directory.CreateTempSubdirectory("exchange-cli-").FullName;

    public WrittenLog() => Member = MemberLog.Write(Path.Combine(_folder, "log"), Seed, steps: 9_000);

    internal MemberLog Member { get; }

    public string Folder => Member.Folder;

    /// <summary>A copy that a test may damage.</summary>
    public string Copy()
    {
        var copy = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("n"))).FullName;
        foreach (var file in Directory.EnumerateFiles(Folder))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    public void Dispose()
    {
        Member.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
