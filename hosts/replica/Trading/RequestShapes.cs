using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Grpc;
using Wire = Exchange.Rsm.Proto.V1;

namespace Exchange.Rsm.Hosts.Replica.Trading;

/// <summary>
/// Requests as commands, field by field. What an enumeration leaves unsaid is refused here; all else the core judges.
/// </summary>
internal static class RequestShapes
{
    public static void Fill(Wire.PlaceOrderRequest request, ref PlaceOrder command)
    {
        command.Price = new Price(request.Price);
        command.Quantity = new Quantity(request.Quantity);
        command.QuoteBudget = CommandScopes.AmountOf(request.QuoteBudget);
        command.StopPrice = new Price(request.StopPrice);
        command.DisplayQuantity = new Quantity(request.DisplayQuantity);
        command.ExpiresAt = request.ExpiresAt;
        command.ClientOrderId = CommandScopes.IdOf(request.ClientOrderId);
        command.Side = (Side)Shifted((int)request.Side, "side");
        command.Type = (OrderType)Shifted((int)request.Type, "type");
        command.TimeInForce = (TimeInForce)Shifted((int)request.TimeInForce, "time_in_force");
        command.SelfTradePrevention =
            (SelfTradePrevention)Shifted((int)request.SelfTradePrevention, "self_trade_prevention");
        command.Flags = request.PostOnly ? PlaceOrder.PostOnlyFlag : (byte)0;
    }

    public static void Fill(Wire.TestOrderRequest request, ref PlaceOrder command)
    {
        command.Price = new Price(request.Price);
        command.Quantity = new Quantity(request.Quantity);
        command.QuoteBudget = CommandScopes.AmountOf(request.QuoteBudget);
        command.StopPrice = new Price(request.StopPrice);
        command.DisplayQuantity = new Quantity(request.DisplayQuantity);
        command.ExpiresAt = request.ExpiresAt;
        command.ClientOrderId = CommandScopes.IdOf(request.ClientOrderId);
        command.Side = (Side)Shifted((int)request.Side, "side");
        command.Type = (OrderType)Shifted((int)request.Type, "type");
        command.TimeInForce = (TimeInForce)Shifted((int)request.TimeInForce, "time_in_force");
        command.SelfTradePrevention =
            (SelfTradePrevention)Shifted((int)request.SelfTradePrevention, "self_trade_prevention");
        command.Flags = request.PostOnly ? PlaceOrder.PostOnlyFlag : (byte)0;
    }

    public static void Fill(Wire.CancelOrderRequest request, ref CancelOrder command)
    {
        command.OrderId = new OrderId(request.OrderId);
        command.ClientOrderId = CommandScopes.IdOf(request.ClientOrderId);
    }

    public static void Fill(Wire.AmendOrderRequest request, ref AmendOrder command)
    {
        command.OrderId = new OrderId(request.OrderId);
        command.ClientOrderId = CommandScopes.IdOf(request.ClientOrderId);
        command.Quantity = new Quantity(request.Quantity);
    }

    public static void Fill(Wire.ReplaceOrderRequest request, ref ReplaceOrder command)
    {
        command.OrderId = new OrderId(request.OrderId);
        command.ClientOrderId = CommandScopes.IdOf(request.ClientOrderId);
        command.Price = new Price(request.Price);
        command.Quantity = new Quantity(request.Quantity);
    }

    public static void Fill(Wire.SetSessionConnectionRequest request, ref SetSessionConnection command)
    {
        command.Session = new SessionId(request.Session);
        command.Connected = request.Connected ? (byte)1 : (byte)0;
    }

    public static void Fill(Wire.FenceCommandRequest request, ref FenceCommand command)
    {
        command.Target = CommandScopes.IdOf(request.Target);
        command.TargetCreatedAt = request.TargetCreatedAt;
        command.TargetKind = (CommandKind)(byte)request.TargetKind;
    }

    public static void Fill(Wire.SetSymbolModeRequest request, ref SetSymbolMode command)
    {
        command.Mode = (SymbolMode)Shifted((int)request.Mode, "mode");
        command.Reason = request.Reason <= ushort.MaxValue
            ? (ushort)request.Reason
            : throw new GrpcException(GrpcStatus.InvalidArgument, "reason: at most 65535.");
    }

    // The core's zero is a value, so the numbers on the wire are one higher and zero is nothing.
    private static byte Shifted(int value, string name) => value is >= 1 and <= byte.MaxValue
        ? (byte)(value - 1)
        : throw new GrpcException(GrpcStatus.InvalidArgument, $"{name}: it has to be said.");
}
