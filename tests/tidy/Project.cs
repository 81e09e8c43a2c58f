using System.Xml.Linq;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>One project file: where it stands, what it builds and what it asks for.</summary>
internal sealed record Project(string Path, string AssemblyName, XDocument Xml)
{
    public string TopFolder => Path.Split('/')[0];

    public string Folder => System.IO.Path.GetDirectoryName(Path)!.Replace('\\', '/');

    public string OutputPath =>
        Repository.Current.Absolute($"{Folder}/bin/{Repository.Configuration}/net10.0/{AssemblyName}.dll");

    public IEnumerable<string> ReferencedProjects =>
        Xml.Descendants("ProjectReference")
            .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
            .Select(reference => System.IO.Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));

    public IEnumerable<string> ReferencedPackages =>
        Xml.Descendants("PackageReference").Select(reference => (string)reference.Attribute("Include")!);

    public bool Says(string property) => Xml.Descendants(property).Any(element => element.Value == "true");

    public static IReadOnlyList<Project> All(Repository repository) =>
        [.. repository.Files(".csproj").Select(path => Load(repository, path))];

    private static Project Load(Repository repository, string path)
    {
        XDocument xml = XDocument.Load(repository.Absolute(path));
        string? named = xml.Descendants("AssemblyName").FirstOrDefault()?.Value;
        return new Project(path, named ?? System.IO.Path.GetFileNameWithoutExtension(path), xml);
    }
}
