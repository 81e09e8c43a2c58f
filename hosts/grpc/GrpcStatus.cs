namespace Exchange.Rsm.Hosts.Grpc;

/// <summary>How a call ended; the numbers are the protocol's.</summary>
public enum GrpcStatus
{
    /// <summary>Well.</summary>
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>For some reason.</summary>
    Unknown = 2,

    /// <summary>The request cannot be meant.</summary>
    InvalidArgument = 3,

    /// <summary>Too late; whether it had an effect is not known here.</summary>
    DeadlineExceeded = 4,

    /// <summary>There is no such thing.</summary>
    NotFound = 5,

    /// <summary>There is one already, with another content.</summary>
    AlreadyExists = 6,

    /// <summary>The caller may not.</summary>
    PermissionDenied = 7,

    /// <summary>A limit is reached.</summary>
    ResourceExhausted = 8,

    /// <summary>Not in this state.</summary>
    FailedPrecondition = 9,

    /// <summary>It was undone by another.</summary>
    Aborted = 10,

    /// <summary>Beyond the end.</summary>
    OutOfRange = 11,

    /// <summary>There is no such method, or not with this encoding.</summary>
    Unimplemented = 12,

    /// <summary>A bug.</summary>
    Internal = 13,

    /// <summary>Not now; nothing was done, it may be tried again.</summary>
    Unavailable = 14,

    /// <summary>Bytes are lost.</summary>
    DataLoss = 15,

    /// <summary>Nobody knows who the caller is.</summary>
    Unauthenticated = 16,
}

/// <summary>Ends a call with a status.</summary>
/// <param name="status">The status; not <see cref="GrpcStatus.Ok"/>.</param>
/// <param name="message">What the caller should know and do.</param>
public sealed class GrpcException(GrpcStatus status, string message) : Exception(message)
{
    /// <summary>The status.</summary>
    public GrpcStatus Status { get; } = status;

    /// <summary>Further trailers, by their names in lower case: a leader hint, for one.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Trailers { get; init; } = [];
}
