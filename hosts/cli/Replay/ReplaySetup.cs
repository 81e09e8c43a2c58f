using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>
/// What stands before the first message: two assets, an instrument with fees and wide limits, and two accounts with a
/// session and more money than any stream can spend.
/// </summary>
internal static class ReplaySetup
{
    private const int MakerRate = 100;
    private const int TakerRate = 300;

    private static readonly Amount _funds = new(Int128.One << 108);

    /// <summary>Account 1 is the house.</summary>
    public static AccountId AccountOf(Side side) => new(2 + (uint)side);

    public static SessionId SessionOf(Side side) => new(1 + (uint)side);

    public static void Apply(ReplayMachine machine)
    {
        var isText = AssetText.TryParse("BASE", out var baseCode, out _)
            & AssetText.TryParse("QUOTE", out var quoteCode, out _)
            & SymbolText.TryParse("BASE-QUOTE", out var symbol, out _);
        Invariant.Check(isText);
        var keys = new Keys(machine);
        keys.Command<SetGlobalPolicy>(CommandKind.SetGlobalPolicy).Policy = DefaultPolicy.Global with
        {
            RateCount = uint.MaxValue,
            OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit,
        };
        ref var fees = ref keys.Command<SetFeeSchedule>(CommandKind.SetFeeSchedule);
        fees.MakerRate = MakerRate;
        fees.TakerRate = TakerRate;
        keys.Command<CreateAsset>(CommandKind.CreateAsset).Code = baseCode;
        keys.Command<CreateAsset>(CommandKind.CreateAsset).Code = quoteCode;
        ref var instrument = ref keys.Command<CreateInstrument>(CommandKind.CreateInstrument);
        instrument.Symbol = symbol;
        instrument.BaseAsset = new AssetId(1);
        instrument.QuoteAsset = new AssetId(2);
        instrument.LotUnits = 1;
        instrument.NotionalUnits = 1;
        ref var policy = ref keys.Command<SetInstrumentPolicy>(CommandKind.SetInstrumentPolicy);
        policy.Header.Instrument = ReplayMachine.Instrument;
        policy.Policy = DefaultPolicy.Instrument with { OpenOrdersMax = InstrumentPolicy.OpenOrdersLimit };
        AddAccount(keys, Side.Buy);
        AddAccount(keys, Side.Sell);
        machine.Apply();
        foreach (ref readonly var result in machine.Results)
        {
            Invariant.Check(result.Code == RejectCode.None);
        }
    }

    private static void AddAccount(Keys keys, Side side)
    {
        keys.Command<OpenAccount>(CommandKind.OpenAccount).Owner = UserId.Root;
        keys.Command<OpenSession>(CommandKind.OpenSession).Header.Account = AccountOf(side);
        for (var asset = 1U; asset <= 2; asset++)
        {
            ref var deposit = ref keys.Command<Deposit>(CommandKind.Deposit);
            deposit.Header.Account = AccountOf(side);
            deposit.Asset = new AssetId(asset);
            deposit.Amount = _funds;
        }
    }

    // The root user's commands, each under a key of its own.
    private sealed class Keys(ReplayMachine machine)
    {
        private UInt128 _key;

        public ref T Command<T>(CommandKind kind)
            where T : unmanaged
        {
            ref var command = ref machine.Gather<T>(kind);
            ref var header = ref ReplayMachine.HeaderOf(ref command);
            header.User = UserId.Root;
            header.Dedup = DedupMode.Keyed;
            header.Key = ++_key;
            header.Stamp = (ulong)machine.Now;
            return ref command;
        }
    }
}
