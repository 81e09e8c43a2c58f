using Exchange.Rsm.Contracts.Client;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Replay;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>An instrument and the texts of its prices and quantities.</summary>
internal sealed class Market
{
    private readonly InstrumentScale _scale;

    public Market(in InstrumentAnswer instrument, IReadOnlyList<AssetAnswer> assets)
    {
        Instrument = instrument;
        Base = assets[(int)instrument.BaseAsset.Value - 1];
        Quote = assets[(int)instrument.QuoteAsset.Value - 1];
        if (!InstrumentScale.TryCreate(
            (int)Base.Scale, (int)Quote.Scale, instrument.LotUnits, instrument.NotionalUnits, out _scale))
        {
            throw new InputException($"{Symbol}: its prices cannot be written as decimals.");
        }
    }

    public InstrumentAnswer Instrument { get; }

    public AssetAnswer Base { get; }

    public AssetAnswer Quote { get; }

    public InstrumentId Id => Instrument.Instrument;

    public string Symbol => SymbolText.Format(Instrument.Symbol);

    public Price PriceOf(string text) => _scale.TryParsePrice(text, out var price, out var error)
        ? price
        : throw new InputException($"price {text}: {error}. A price of {Symbol} has {_scale.PriceScale} decimals.");

    public Quantity QuantityOf(string text) => _scale.TryParseQuantity(text, out var quantity, out var error)
        ? quantity
        : throw new InputException(
            $"quantity {text}: {error}. A quantity of {Symbol} has {_scale.QuantityScale} decimals.");

    public string Text(Price price) => _scale.Format(price);

    public string Text(Quantity quantity) => _scale.Format(quantity);
}
