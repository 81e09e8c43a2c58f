using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Replica.Clients;
using Exchange.Rsm.StateMachine.Queries;

namespace Exchange.Rsm.Hosts.Replica.Core;

/// <summary>
/// Answers questions from the state as it is. An account's affairs are its owner's and the staff's; the market is
/// everybody's who may read.
/// </summary>
internal sealed class Answers
{
    /// <summary>Most rows of one answer; further ones are asked for from the last on.</summary>
    public const uint RowsMax = 4096;

    private readonly OutputBuffer _rows = new(64 << 10);
    private bool _hasMore;

    /// <summary>Questions that were answered.</summary>
    public long Answered { get; private set; }

    /// <summary>Answers, or says why not.</summary>
    public void Give(ClientChannel channel, ulong tag, in QueryHeader query, ExchangeQueries queries)
    {
        _rows.Clear();
        _hasMore = false;
        var code = Gather(channel, in query, queries, out var count);
        if (code != RefusalCode.None)
        {
            channel.Refuse(tag, code);
            return;
        }

        var state = queries.State;
        var answer = new AnswerHeader
        {
            AppliedIndex = state.Index,
            Timestamp = state.Timestamp,
            Kind = query.Kind,
            HasMore = (ushort)(_hasMore ? 1 : 0),
            Count = count,
        };
        Answered++;
        channel.Send(ClientMessageKind.Answer, tag, in answer, _rows.Written);
    }

    private RefusalCode Gather(
        ClientChannel channel, in QueryHeader query, ExchangeQueries queries, out uint count)
    {
        count = 0;
        if ((channel.Permissions & Doorkeeper.Read) == 0)
        {
            return RefusalCode.Forbidden;
        }

        var most = query.CountMax == 0 ? RowsMax : Math.Min(query.CountMax, RowsMax);
        switch (query.Kind)
        {
            case QueryKind.Order:
                return GatherOrder(channel, in query, queries, out count);
            case QueryKind.Session:
                return GatherSession(channel, in query, queries, out count);
            case QueryKind.Balances or QueryKind.OpenOrders when !MaySee(channel, query.Account, queries):
                return RefusalCode.Forbidden;
            case QueryKind.Balances:
                queries.Balances(query.Account, _rows);
                count = Cut<BalanceAnswer>(in query, most, static row => row.Asset.Value);
                return RefusalCode.None;
            case QueryKind.OpenOrders:
                count = queries.OpenOrders(query.Account, query.Id, most, _rows, out _hasMore);
                return RefusalCode.None;
            case QueryKind.Book:
                count = queries.Book(query.Instrument, most / 2, _rows);
                return RefusalCode.None;
            case QueryKind.Instruments:
                queries.Instruments(_rows);
                count = Cut<InstrumentAnswer>(in query, most, static row => row.Instrument.Value);
                return RefusalCode.None;
            case QueryKind.Assets:
                queries.Assets(_rows);
                count = Cut<AssetAnswer>(in query, most, static row => row.Asset.Value);
                return RefusalCode.None;
            case QueryKind.State:
                _rows.Append<StateAnswer>() = queries.State;
                count = 1;
                return RefusalCode.None;
            default:
                return RefusalCode.Malformed;
        }
    }

    private RefusalCode GatherOrder(
        ClientChannel channel, in QueryHeader query, ExchangeQueries queries, out uint count)
    {
        count = 0;

        // Somebody else's order is not found rather than forbidden: ids must not tell who trades.
        if (!queries.TryOrder(query.Id, out var order) || !MaySee(channel, order.Account.Value, queries))
        {
            return RefusalCode.NotFound;
        }

        _rows.Append<OrderAnswer>() = order;
        count = 1;
        return RefusalCode.None;
    }

    private RefusalCode GatherSession(
        ClientChannel channel, in QueryHeader query, ExchangeQueries queries, out uint count)
    {
        count = 0;
        if (query.Id > uint.MaxValue
            || !queries.TrySession((uint)query.Id, out var session)
            || !MaySee(channel, session.Account.Value, queries))
        {
            return RefusalCode.NotFound;
        }

        _rows.Append<SessionAnswer>() = session;
        count = 1;
        return RefusalCode.None;
    }

    private static bool MaySee(ClientChannel channel, uint account, ExchangeQueries queries) =>
        channel.Account != 0
            ? channel.Account == account
            : queries.OwnerOf(account) == channel.User
                || (queries.RolesOf(channel.User) & ~Roles.Trader) != Roles.None;

    // Rows come in order of their number: those up to the one already known are left out, and those beyond the bound.
    private uint Cut<T>(in QueryHeader query, uint most, Func<T, ulong> numberOf)
        where T : unmanaged
    {
        var rows = MemoryMarshal.Cast<byte, T>(_rows.Written);
        var first = 0;
        while (first < rows.Length && numberOf(rows[first]) <= query.Id)
        {
            first++;
        }

        var count = (int)Math.Min(most, (uint)(rows.Length - first));
        _hasMore = first + count < rows.Length;
        var kept = rows.Slice(first, count).ToArray();
        _rows.Clear();
        _rows.Append(MemoryMarshal.AsBytes<T>(kept));
        return (uint)count;
    }
}
