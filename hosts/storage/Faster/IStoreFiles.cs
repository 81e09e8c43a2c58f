namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// The files of a snapshot store: a seam, for tests that lose power, fail or flip bits. All members throw
/// <see cref="IOException"/> where the device fails; any thread may call.
/// </summary>
public interface IStoreFiles
{
    /// <summary>The names of all files.</summary>
    /// <returns>The names, in order.</returns>
    IReadOnlyList<string> List();

    /// <summary>The size of a file; 0 where there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Bytes.</returns>
    long LengthOf(string name);

    /// <summary>
    /// Writes at an offset, and makes the file where there is none. Durable on return, but for the file's name: that
    /// needs <see cref="SyncFolder"/>.
    /// </summary>
    /// <param name="name">The file.</param>
    /// <param name="offset">Bytes.</param>
    /// <param name="bytes">What to write.</param>
    void Write(string name, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Reads at an offset.</summary>
    /// <param name="name">The file.</param>
    /// <param name="offset">Bytes.</param>
    /// <param name="destination">Filled from its start.</param>
    /// <returns>Bytes read; fewer where the file ends.</returns>
    int Read(string name, long offset, Span<byte> destination);

    /// <summary>Gives a file a new content, as a whole or not at all; durable on return, the name too.</summary>
    /// <param name="name">The file.</param>
    /// <param name="content">All of it.</param>
    void Replace(string name, ReadOnlySpan<byte> content);

    /// <summary>Gives a file another name; durable on return.</summary>
    /// <param name="name">The name it has.</param>
    /// <param name="target">The name it gets; a file of that name is replaced.</param>
    void Rename(string name, string target);

    /// <summary>Removes a file, where there is one.</summary>
    /// <param name="name">The file.</param>
    void Delete(string name);

    /// <summary>Makes the names of all files durable.</summary>
    void SyncFolder();
}
