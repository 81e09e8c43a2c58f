using System.Buffers;
using FASTER.core;

namespace Exchange.Rsm.Hosts.Storage.Faster;

/// <summary>
/// The device below one FASTER log. FASTER waits for ever on a write that failed, and throws nothing: so an error is
/// kept here, and FASTER is told that all went well. Whoever commits asks <see cref="Failure"/> first, and a log whose
/// device failed is never written to or read again. A write that never ends is given up by <see cref="Detach"/>;
/// bytes go through buffers of its own, because FASTER's memory may be gone when such a call does come back.
/// </summary>
internal sealed class LogDevice : StorageDeviceBase
{
    private readonly IStoreFiles _files;
    private readonly bool _isReadOnly;
    private readonly Lock _lock = new();
    private readonly HashSet<Operation> _underWay = [];
    private bool _isDetached;

    public LogDevice(IStoreFiles files, ulong generation, bool isReadOnly)
        : base(NameOf(generation), SectorBytes, CapacityUnspecified)
    {
        _files = files;
        _isReadOnly = isReadOnly;
    }

    /// <summary>Bytes of a sector: what is written is aligned to it.</summary>
    public const int SectorBytes = 4096;

    private const long CapacityUnspecified = -1;

    /// <summary>What went wrong first; null where nothing did.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>For the test of FASTER itself: tells it of errors, as other devices do.</summary>
    internal bool IsHonest { get; init; }

    /// <summary>For tests: nothing is under way any more, and FASTER knows.</summary>
    internal event Action? Idle;

    public static string NameOf(ulong generation) => $"log-{generation:D8}";

    public static string NameOf(ulong generation, int segment) => $"{NameOf(generation)}.{segment}";

    public override void WriteAsync(
        IntPtr sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite,
        DeviceIOCompletionCallback callback, object context)
    {
        HandleCapacity(segmentId);
        Start(new Operation(this, sourceAddress, segmentId, (long)destinationAddress, (int)numBytesToWrite, callback,
            context, IsWrite: true));
    }

    public override void ReadAsync(
        int segmentId, ulong sourceAddress, IntPtr destinationAddress, uint readLength,
        DeviceIOCompletionCallback callback, object context) =>
        Start(new Operation(this, destinationAddress, segmentId, (long)sourceAddress, (int)readLength, callback,
            context, IsWrite: false));

    /// <summary>Completes what is under way and lets nothing more through, so that FASTER can end.</summary>
    public void Detach(Exception reason)
    {
        Operation[] left;
        lock (_lock)
        {
            _isDetached = true;
            Failure ??= reason;
            left = [.. _underWay];
        }

        foreach (var operation in left)
        {
            End(operation, failure: null);
        }
    }

    // Whole generations are removed, by whoever knows which snapshots need them.
    public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result) =>
        callback(result);

    public override void Dispose()
    {
    }

    private void Start(Operation operation)
    {
        bool isDetached;
        lock (_lock)
        {
            isDetached = _isDetached;
            _underWay.Add(operation);
        }

        if (isDetached)
        {
            End(operation, failure: null);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(operation, preferLocal: false);
        }
    }

    private void Run(Operation operation)
    {
        try
        {
            operation.Do(_files, $"{FileName}.{operation.Segment}", _isReadOnly);
            End(operation, failure: null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            End(operation, exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(operation.Buffer);
        }
    }

    private void End(Operation operation, Exception? failure)
    {
        lock (_lock)
        {
            Failure ??= failure;
            if (!_underWay.Remove(operation))
            {
                return;
            }

            operation.HandOver();
        }

        operation.Callback(failure is not null && IsHonest ? 5u : 0, (uint)operation.Length, operation.Context);
        Idle?.Invoke();
    }

    private sealed record Operation(
        LogDevice Device,
        IntPtr Memory,
        int Segment,
        long Offset,
        int Length,
        DeviceIOCompletionCallback Callback,
        object Context,
        bool IsWrite) : IThreadPoolWorkItem
    {
        public bool Equals(Operation? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

        public byte[] Buffer { get; } = Take(Memory, Length, IsWrite);

        public void Execute() => Device.Run(this);

        /// <summary>Gives FASTER what was read, while it still waits for it.</summary>
        public unsafe void HandOver()
        {
            if (!IsWrite)
            {
                Buffer.AsSpan(0, Length).CopyTo(new Span<byte>((void*)Memory, Length));
            }
        }

        public void Do(IStoreFiles files, string name, bool isReadOnly)
        {
            var span = Buffer.AsSpan(0, Length);
            if (!IsWrite)
            {
                span[files.Read(name, Offset, span)..].Clear();
            }
            else if (isReadOnly)
            {
                throw new IOException($"{name}: written to while it is only read");
            }
            else
            {
                files.Write(name, Offset, span);
            }
        }

        private static unsafe byte[] Take(IntPtr memory, int length, bool isWrite)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(length);
            var span = buffer.AsSpan(0, length);
            if (isWrite)
            {
                new ReadOnlySpan<byte>((void*)memory, length).CopyTo(span);
            }
            else
            {
                span.Clear();
            }

            return buffer;
        }
    }
}
