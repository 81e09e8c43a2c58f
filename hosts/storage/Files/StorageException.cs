namespace Exchange.Rsm.Hosts.Storage.Files;

/// <summary>A folder that cannot be used. The process ends with its message.</summary>
/// <param name="message">Which folder, and why.</param>
public sealed class StorageException(string message) : IOException(message);
