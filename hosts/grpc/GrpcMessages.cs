using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Exchange.Rsm.Hosts.Grpc;

/// <summary>The messages of a request, one after the other.</summary>
/// <typeparam name="TRequest">Their type.</typeparam>
public sealed class GrpcRequests<TRequest>
    where TRequest : IMessage<TRequest>
{
    private readonly PipeReader _body;
    private readonly MessageParser<TRequest> _parser;
    private readonly int _lengthMax;

    internal GrpcRequests(PipeReader body, MessageParser<TRequest> parser, int lengthMax)
    {
        _body = body;
        _parser = parser;
        _lengthMax = lengthMax;
    }

    /// <summary>Reads the next one.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The message, or null after the last.</returns>
    /// <exception cref="GrpcException">The bytes are not a message that is taken.</exception>
    public async ValueTask<TRequest?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var read = await _body.ReadAsync(cancellation);
            var buffer = read.Buffer;
            if (TryCut(ref buffer, out var message))
            {
                var parsed = Parse(message);
                _body.AdvanceTo(buffer.Start);
                return parsed;
            }

            if (read.IsCompleted)
            {
                return buffer.IsEmpty
                    ? default
                    : throw new GrpcException(GrpcStatus.Internal, "The request ends within a message.");
            }

            _body.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private bool TryCut(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> message)
    {
        message = default;
        if (buffer.Length < GrpcWire.PrefixSize)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[GrpcWire.PrefixSize];
        buffer.Slice(0, GrpcWire.PrefixSize).CopyTo(prefix);
        if (prefix[0] != 0)
        {
            throw new GrpcException(
                GrpcStatus.Unimplemented, "Compressed messages are not taken; send with grpc-encoding identity.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > (uint)_lengthMax)
        {
            throw new GrpcException(
                GrpcStatus.ResourceExhausted, $"The message has {length} bytes, {_lengthMax} are taken at most.");
        }

        if (buffer.Length < GrpcWire.PrefixSize + length)
        {
            return false;
        }

        message = buffer.Slice(GrpcWire.PrefixSize, length);
        buffer = buffer.Slice(message.End);
        return true;
    }

    private TRequest Parse(ReadOnlySequence<byte> message)
    {
        try
        {
            return _parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new GrpcException(
                GrpcStatus.InvalidArgument, $"The bytes are no {typeof(TRequest).Name}: {exception.Message}");
        }
    }
}

/// <summary>Writes the messages of a reply.</summary>
/// <typeparam name="TReply">Their type.</typeparam>
public sealed class GrpcReplies<TReply>
    where TReply : IMessage<TReply>
{
    private readonly PipeWriter _body;

    internal GrpcReplies(PipeWriter body) => _body = body;

    /// <summary>Writes the next one and waits until the caller has room for further ones.</summary>
    /// <param name="reply">The message.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Complete then.</returns>
    public async ValueTask WriteAsync(TReply reply, CancellationToken cancellation)
    {
        var length = reply.CalculateSize();
        var prefix = _body.GetSpan(GrpcWire.PrefixSize);
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)length);
        _body.Advance(GrpcWire.PrefixSize);
        reply.WriteTo(_body);
        await _body.FlushAsync(cancellation);
    }
}
