namespace Exchange.Rsm.Tidy.Tests;

/// <summary>A temporary folder that holds what a checker must find; gone when the test ends.</summary>
internal sealed class PlantedFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("tidy-").FullName;

    public Repository Repository => Repository.Planted(Root);

    public PlantedFolder With(string relative, string content)
    {
        string path = Path.Combine(Root, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return this;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
