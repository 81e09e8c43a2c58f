using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Grpc;
using Exchange.Rsm.Hosts.Replica.Node;
using Wire = Exchange.Rsm.Proto.V1;

namespace Exchange.Rsm.Hosts.Replica.Trading;

/// <summary>Reads what every command's request begins with: who acts on what, and how repeats are told.</summary>
internal sealed class CommandScopes(MemberNode node)
{
    // Instruments are numbered once and never renamed.
    private readonly ConcurrentDictionary<string, uint> _instruments = new(StringComparer.Ordinal);

    public async Task<CommandHeader> HeaderOfAsync<TCommand>(
        CommandKind kind, Wire.CommandScope? scope, uint user, CancellationToken cancellation)
        where TCommand : unmanaged
    {
        scope ??= new Wire.CommandScope();
        var header = new CommandHeader
        {
            Length = (ushort)Unsafe.SizeOf<TCommand>(),
            Kind = kind,
            Version = CommandHeader.CurrentVersion,
            Account = new AccountId(scope.Account),
            User = new UserId(user),
            Correlation = IdOf(scope.CorrelationId),
        };
        if (scope.Symbol.Length > 0)
        {
            header.Instrument = new InstrumentId(await InstrumentOfAsync(scope.Symbol, cancellation));
        }

        switch (scope.IdentityCase)
        {
            case Wire.CommandScope.IdentityOneofCase.Session:
                header.Dedup = DedupMode.Session;
                header.Session = new SessionId(scope.Session.Session);
                header.Stamp = scope.Session.Number;
                break;
            case Wire.CommandScope.IdentityOneofCase.Key:
                header.Dedup = DedupMode.Keyed;
                header.Key = IdOf(scope.Key.Key);
                header.Stamp = scope.Key.CreatedAt;
                break;
            default:
                break;
        }

        return header;
    }

    public static UInt128 IdOf(Wire.Id128? id) => id is null ? UInt128.Zero : new UInt128(id.High, id.Low);

    public static Amount AmountOf(Wire.Amount? amount) =>
        amount is null ? default : new Amount(new Int128(unchecked((ulong)amount.High), amount.Low));

    private async Task<uint> InstrumentOfAsync(string symbol, CancellationToken cancellation)
    {
        if (_instruments.TryGetValue(symbol, out var known))
        {
            return known;
        }

        if (!SymbolText.TryParse(symbol, out var packed, out var error))
        {
            throw new GrpcException(GrpcStatus.InvalidArgument, $"'{symbol}' is no symbol: {error}.");
        }

        var number = await node.Core.AskAsync(_ => Find(packed), cancellation);
        if (number == 0)
        {
            throw new GrpcException(GrpcStatus.NotFound, $"There is no instrument '{symbol}'.");
        }

        _instruments[symbol] = number;
        return number;
    }

    private uint Find(UInt128 symbol)
    {
        var rows = new OutputBuffer();
        node.Queries.Instruments(rows);
        foreach (ref readonly var row in MemoryMarshal.Cast<byte, InstrumentAnswer>(rows.Written))
        {
            if (row.Symbol == symbol)
            {
                return row.Instrument.Value;
            }
        }

        return 0;
    }
}
