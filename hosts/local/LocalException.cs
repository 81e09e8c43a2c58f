namespace Exchange.Rsm.Hosts.Local;

/// <summary>It cannot go on; the message says why, and what to do.</summary>
internal sealed class LocalException(string message) : Exception(message);
