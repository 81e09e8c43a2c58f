namespace Exchange.Rsm.Hosts.Replica.Clients;

/// <summary>The member that leads, and where clients reach it.</summary>
/// <param name="Node">Its number; zero where nobody is known to lead.</param>
/// <param name="Address">HOST:PORT in UTF-8; empty where it is not known.</param>
public readonly record struct LeaderAddress(ulong Node, ReadOnlyMemory<byte> Address);
