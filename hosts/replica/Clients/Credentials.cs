namespace Exchange.Rsm.Hosts.Replica.Clients;

/// <summary>What a connection's right to act rests on. The secret itself is not kept.</summary>
/// <param name="ApiKey">The public part of its key; zero without one.</param>
/// <param name="Digest0">SHA-256 of the secret, first half.</param>
/// <param name="Digest1">Its second half.</param>
/// <param name="AuthorityVersion">The state's version of all rights when it was checked last.</param>
internal readonly record struct Credentials(UInt128 ApiKey, UInt128 Digest0, UInt128 Digest1, ulong AuthorityVersion);
