using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>What it takes to value an instrument's trades. Never changes once listed.</summary>
/// <param name="Symbol">The symbol's bytes.</param>
/// <param name="BaseAsset">The asset bought and sold.</param>
/// <param name="QuoteAsset">The asset paid with.</param>
/// <param name="LotUnits">Base minor units of one lot.</param>
/// <param name="NotionalUnits">Quote minor units of one tick on one lot.</param>
public readonly record struct InstrumentTerms(
    UInt128 Symbol, AssetId BaseAsset, AssetId QuoteAsset, long LotUnits, long NotionalUnits);
