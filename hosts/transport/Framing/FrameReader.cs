namespace Exchange.Rsm.Hosts.Transport.Framing;

/// <summary>One frame that was read.</summary>
/// <param name="Kind">What it carries; <see cref="FrameKind.None"/> where none came.</param>
/// <param name="Body">Its body, valid until the next read.</param>
/// <param name="Reason">Why none came.</param>
public readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Body, CloseReason Reason);

/// <summary>Cuts a byte stream into frames. Grows to the longest frame that came, and only as far as allowed.</summary>
public sealed class FrameReader(Stream stream, int bodyLengthMax, TransportCounters counters)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <summary>Reads the next frame.</summary>
    public async ValueTask<Frame> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var status = FrameCodec.TryRead(
                _buffer.AsSpan(_start, _end - _start), bodyLengthMax, out var kind, out var length, out var reason);
            if (status == FrameStatus.Bad)
            {
                return new Frame(FrameKind.None, default, reason);
            }

            if (status == FrameStatus.Whole)
            {
                var body = _buffer.AsMemory(_start + FrameCodec.HeaderSize, length - FrameCodec.HeaderSize);
                _start += length;
                return new Frame(kind, body, CloseReason.None);
            }

            MakeRoom(length);
            var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
            if (count == 0)
            {
                return new Frame(FrameKind.None, default, CloseReason.RemoteClosed);
            }

            _end += count;
            counters.AddReceived(0, count);
        }
    }

    private void MakeRoom(int length)
    {
        var waiting = _end - _start;
        if (_start == _end || _buffer.Length - _start < length || _buffer.Length == _end)
        {
            var target = _buffer.Length >= length ? _buffer : new byte[Math.Max(length, _buffer.Length * 2)];
            _buffer.AsSpan(_start, waiting).CopyTo(target);
            _buffer = target;
            _start = 0;
            _end = waiting;
        }
    }
}
