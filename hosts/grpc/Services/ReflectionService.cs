using Exchange.Rsm.Hosts.Grpc.Wire.Reflection.V1;
using Google.Protobuf.Reflection;

namespace Exchange.Rsm.Hosts.Grpc.Services;

/// <summary>
/// Tells tools what a server serves, under the protocol's two names: v1 and the older v1alpha, whose messages are the
/// same byte for byte. Added last, so that it knows all services.
/// </summary>
public sealed class ReflectionService
{
    private const string OlderPath = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly List<string> _services;

    /// <summary>Adds the services to a server.</summary>
    /// <param name="server">The server, complete but for this.</param>
    public ReflectionService(GrpcServer server)
    {
        var reflection = ReflectionReflection.Descriptor.Services[0];
        server.Add<ServerReflectionRequest, ServerReflectionResponse>(reflection, "ServerReflectionInfo", AnswerAsync);
        server.AddAlias(OlderPath, reflection, "ServerReflectionInfo");
        _services = [.. server.Services.Select(service => service.FullName).Order(StringComparer.Ordinal)];
        foreach (var service in server.Services)
        {
            Take(service.File);
        }
    }

    private async Task AnswerAsync(
        GrpcRequests<ServerReflectionRequest> requests,
        GrpcReplies<ServerReflectionResponse> replies,
        GrpcCall call)
    {
        while (await requests.ReadAsync(call.Cancellation) is { } request)
        {
            await replies.WriteAsync(Answer(request), call.Cancellation);
        }
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var answer = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                answer.ListServicesResponse = new ListServiceResponse
                {
                    Service = { _services.Select(name => new ServiceResponse { Name = name }) },
                };
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                AnswerFile(answer, _files, request.FileByFilename);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                AnswerFile(answer, _symbols, request.FileContainingSymbol);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType
                when _symbols.ContainsKey(request.AllExtensionNumbersOfType):
                answer.AllExtensionNumbersResponse = new ExtensionNumberResponse
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
        ServerReflectionResponse answer,
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
        answer.FileDescriptorResponse = new FileDescriptorResponse
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

    private static ErrorResponse Missing(string message) =>
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
