using Google.Protobuf;
using Google.Protobuf.Reflection;
using V1 = Exchange.Rsm.Hosts.Grpc.Wire.Reflection.V1;
using V1Alpha = Exchange.Rsm.Hosts.Grpc.Wire.Reflection.V1Alpha;

namespace Exchange.Rsm.Hosts.Grpc.Services;

/// <summary>
/// Tells tools what a server serves, under the protocol's two names: v1 and the older v1alpha, whose bytes are the
/// same. Added last, so that it knows all services.
/// </summary>
public sealed class ReflectionService
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly List<string> _services;

    /// <summary>Adds the services to a server.</summary>
    /// <param name="server">The server, complete but for this.</param>
    public ReflectionService(GrpcServer server)
    {
        var v1 = V1.ReflectionReflection.Descriptor.Services[0];
        var v1Alpha = V1Alpha.ReflectionReflection.Descriptor.Services[0];
        server.Add<V1.ServerReflectionRequest, V1.ServerReflectionResponse>(
            v1, "ServerReflectionInfo", AnswerAsync);
        server.Add<V1Alpha.ServerReflectionRequest, V1Alpha.ServerReflectionResponse>(
            v1Alpha, "ServerReflectionInfo", AnswerAsync);
        _services = [.. server.Services.Select(service => service.FullName).Order(StringComparer.Ordinal)];
        foreach (var service in server.Services)
        {
            Take(service.File);
        }
    }

    private async Task AnswerAsync(
        GrpcRequests<V1.ServerReflectionRequest> requests,
        GrpcReplies<V1.ServerReflectionResponse> replies,
        GrpcCall call)
    {
        while (await requests.ReadAsync(call.Cancellation) is { } request)
        {
            await replies.WriteAsync(Answer(request), call.Cancellation);
        }
    }

    private async Task AnswerAsync(
        GrpcRequests<V1Alpha.ServerReflectionRequest> requests,
        GrpcReplies<V1Alpha.ServerReflectionResponse> replies,
        GrpcCall call)
    {
        while (await requests.ReadAsync(call.Cancellation) is { } request)
        {
            var answer = Answer(V1.ServerReflectionRequest.Parser.ParseFrom(request.ToByteArray()));
            await replies.WriteAsync(
                V1Alpha.ServerReflectionResponse.Parser.ParseFrom(answer.ToByteArray()), call.Cancellation);
        }
    }

    private V1.ServerReflectionResponse Answer(V1.ServerReflectionRequest request)
    {
        var answer = new V1.ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case V1.ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                answer.ListServicesResponse = new V1.ListServiceResponse
                {
                    Service = { _services.Select(name => new V1.ServiceResponse { Name = name }) },
                };
                break;
            case V1.ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                AnswerFile(answer, _files, request.FileByFilename);
                break;
            case V1.ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                AnswerFile(answer, _symbols, request.FileContainingSymbol);
                break;
            case V1.ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType
                when _symbols.ContainsKey(request.AllExtensionNumbersOfType):
                answer.AllExtensionNumbersResponse = new V1.ExtensionNumberResponse
                {
                    BaseTypeName = request.AllExtensionNumbersOfType,
                };
                break;
            default:
                answer.ErrorResponse = Missing("There is no such thing here.");
                break;
        }

        return answer;
    }

    private static void AnswerFile(
        V1.ServerReflectionResponse answer,
        Dictionary<string, FileDescriptor> from,
        string name)
    {
        if (!from.TryGetValue(name, out var file))
        {
            answer.ErrorResponse = Missing($"'{name}' is not known here.");
            return;
        }

        var files = new List<FileDescriptor>();
        Gather(file, files);
        answer.FileDescriptorResponse = new V1.FileDescriptorResponse
        {
            FileDescriptorProto = { files.Select(part => part.SerializedData) },
        };
    }

    private static void Gather(FileDescriptor file, List<FileDescriptor> files)
    {
        if (files.Contains(file))
        {
            return;
        }

        files.Add(file);
        foreach (var imported in file.Dependencies)
        {
            Gather(imported, files);
        }
    }

    private static V1.ErrorResponse Missing(string message) =>
        new() { ErrorCode = (int)GrpcStatus.NotFound, ErrorMessage = message };

    private void Take(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (var method in service.Methods)
            {
                _symbols[method.FullName] = file;
            }
        }

        foreach (var type in file.MessageTypes)
        {
            Take(type, file);
        }

        foreach (var type in file.EnumTypes)
        {
            _symbols[type.FullName] = file;
        }

        foreach (var imported in file.Dependencies)
        {
            Take(imported);
        }
    }

    private void Take(MessageDescriptor type, FileDescriptor file)
    {
        _symbols[type.FullName] = file;
        foreach (var nested in type.NestedTypes)
        {
            Take(nested, file);
        }

        foreach (var nested in type.EnumTypes)
        {
            _symbols[nested.FullName] = file;
        }
    }
}
