using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Matching;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>
/// The whole state: the replicated records, and what is derived from them for speed (slot sets, indexes, books, timers,
/// queues). Only records are hashed and stored; <see cref="StateRebuild"/> makes the rest anew.
/// </summary>
internal sealed class ExchangeState
{
    public readonly Table<Globals> GlobalsTable = new(1);
    public readonly Table<Asset> Assets = new(8);
    public readonly Table<Instrument> Instruments = new(8);
    public readonly Table<PolicyOfInstrument> Policies = new(8);
    public readonly Table<Account> Accounts = new(64);
    public readonly Table<Balance> Balances = new(64);
    public readonly Table<User> Users = new(8);
    public readonly Table<ApiKey> ApiKeys = new(8);
    public readonly Table<Proposal> Proposals = new(8);
    public readonly Table<Order> Orders = new(64);
    public readonly Table<Session> Sessions = new(8);
    public readonly Table<StoredReply> Replies = new(64);
    public readonly Table<RememberedKey> Keys = new(64);
    public readonly Table<ClientOrderId> ClientOrderIds = new(64);
    public readonly Table<Drain> Drains = new(8);
    public readonly Table<Member> Members = new(8);
    public readonly Table<FeeTier> FeeTiers = new(FeeTier.Tiers * 256);

    public readonly SlotSet BalanceSlots = new();
    public readonly SlotSet ApiKeySlots = new();
    public readonly SlotSet ProposalSlots = new();
    public readonly SlotSet OrderSlots = new();
    public readonly SlotSet SessionSlots = new();
    public readonly SlotSet KeySlots = new();
    public readonly SlotSet ClientOrderIdSlots = new();
    public readonly SlotSet DrainSlots = new();
    public readonly SlotSet MemberSlots = new();

    public readonly HashIndex BalanceIndex = new(256);
    public readonly HashIndex ApiKeyIndex = new(16);
    public readonly HashIndex SessionIndex = new(16);
    public readonly HashIndex KeyIndex = new(64);
    public readonly HashIndex ClientOrderIdIndex = new(64);

    public readonly LevelTrees Levels = new();
    public readonly TimerHeap Expiries = new();
    public readonly TimerHeap DeadMen = new();
    public readonly TimerHeap Graces = new();
    public readonly TimerHeap BreakerEnds = new();
    public readonly TimerHeap Continuations = new();

    // Queues of forgetting: slot plus one of the first and last.
    public SlotQueue KeyQueue;
    public SlotQueue ClientOrderIdQueue;

    /// <summary>Books and triggers by instrument number; number 0 is nobody's.</summary>
    public OrderBook[] Books = [];
    public TriggerQueue[] Triggers = [];

    /// <summary>
    /// How many orders of each instrument wait for the end of a hard halt to be cancelled. Derived from their terms.
    /// </summary>
    public int[] PendingCancels = [];

    public ulong GlobalPolicyHash;

    /// <summary>The caps of the tables; a test lowers them to reach them.</summary>
    public TableCaps Caps = TableCaps.Full;

    /// <summary>
    /// Rises with every command that may change who may do what: what was found out before it counts no more.
    /// Derived.
    /// </summary>
    public ulong AuthorityVersion = 1;

    /// <summary>
    /// Where the lookahead found the balance that a place will hold, or −1: a hint, which may be another's by now.
    /// Of no meaning between commands.
    /// </summary>
    public int BalanceFound = -1;

    /// <summary>The receipt of the last refusal. Of no meaning between commands.</summary>
    public readonly Refusal Refusal = new();

    public ExchangeState()
    {
        TableCaps.CheckRelations();
        Tables =
        [
            GlobalsTable, Assets, Instruments, Policies, Accounts, Balances, Users, ApiKeys, Proposals, Orders,
            Sessions, Replies, Keys, ClientOrderIds, Drains, Members, FeeTiers,
        ];
        FeeTiers.Reserve((FeeTier.Tiers * 256) - 1);
    }

    /// <summary>Every table, in order of kind.</summary>
    public Table[] Tables { get; }

    private SlotSet[] SlotSets =>
    [
        BalanceSlots, ApiKeySlots, ProposalSlots, OrderSlots, SessionSlots, KeySlots, ClientOrderIdSlots, DrainSlots,
        MemberSlots,
    ];

    private HashIndex[] Indexes => [BalanceIndex, ApiKeyIndex, SessionIndex, KeyIndex, ClientOrderIdIndex];

    private TimerHeap[] Heaps => [Expiries, DeadMen, Graces, BreakerEnds, Continuations];

    public ref Globals Globals => ref GlobalsTable.At(0);

    public bool HasInstrument(uint instrument) => instrument != 0 && instrument <= Globals.Instruments;

    public bool HasAccount(uint account) => account != 0 && account <= Globals.Accounts;

    /// <summary>Last number of an instrument's stream; zero where there is no such instrument.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong SequenceOf(uint instrument) =>
        instrument < unchecked((uint)Instruments.Limit) ? Instruments.At(unchecked((int)instrument)).Sequence : 0;

    /// <summary>As <see cref="FindBalance"/>, looking first where the lookahead found it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FindHintedBalance(uint account, uint asset)
    {
        var slot = BalanceFound;
        if (slot >= 0)
        {
            ref var balance = ref Balances.At(slot);
            if (balance.Account == account && balance.Asset == asset)
            {
                return slot;
            }
        }

        return FindBalance(account, asset);
    }

    public static ulong BalanceHash(uint account, uint asset) => StableHash.Mix(account, asset);

    /// <summary>Slot of an account's balance of an asset, or −1.</summary>
    public int FindBalance(uint account, uint asset)
    {
        var hash = BalanceHash(account, asset);
        var slot = BalanceIndex.First(hash, out var position);
        while (slot >= 0)
        {
            ref var balance = ref Balances.At(slot);
            if (balance.Account == account && balance.Asset == asset)
            {
                return slot;
            }

            slot = BalanceIndex.Next(hash, ref position);
        }

        return -1;
    }

    /// <summary>Slot of an account's balance of an asset, made with zeros where there is none.</summary>
    public int FindOrAddBalance(uint account, uint asset)
    {
        var slot = FindBalance(account, asset);
        if (slot >= 0)
        {
            return slot;
        }

        slot = BalanceSlots.Allocate();
        Balances.Reserve(slot);
        ref var balance = ref Balances.Write(slot);
        balance = new Balance { Account = account, Asset = asset };
        BalanceIndex.Add(BalanceHash(account, asset), slot);
        return slot;
    }

    public Int128 Available(uint account, uint asset)
    {
        var slot = FindBalance(account, asset);
        return slot < 0 ? 0 : Balances.At(slot).Available;
    }

    /// <summary>Makes room for an instrument's book.</summary>
    public void AddBook(uint instrument)
    {
        if (instrument >= Books.Length)
        {
            Array.Resize(ref Books, Math.Max((int)instrument + 1, Books.Length * 2));
            Array.Resize(ref Triggers, Books.Length);
            Array.Resize(ref PendingCancels, Books.Length);
        }

        Books[instrument] = new OrderBook(Orders, Levels);
        Triggers[instrument] = new TriggerQueue(Orders, Levels);
    }

    /// <summary>Slot of an open order, or −1: the id's slot, where it still holds that very id.</summary>
    public int FindOrder(ulong orderId)
    {
        var slot = new OrderId(orderId).Slot;
        return orderId != 0 && slot < Orders.Limit && Orders.At(slot).Id == orderId ? slot : -1;
    }

    // The id is the client's to choose: a hash it could steer would let it fill one chain and stall every look-up.
    public static ulong ClientOrderIdHash(uint account, UInt128 id)
    {
        Span<byte> scope = stackalloc byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(scope, account);
        BinaryPrimitives.WriteUInt128LittleEndian(scope[4..], id);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(scope, digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }

    /// <summary>Slot of a client order id that is taken, or −1.</summary>
    public int FindClientOrderId(uint account, UInt128 id)
    {
        var hash = ClientOrderIdHash(account, id);
        var slot = ClientOrderIdIndex.First(hash, out var position);
        while (slot >= 0)
        {
            ref var taken = ref ClientOrderIds.At(slot);
            if (taken.Account == account && taken.Id == id)
            {
                return slot;
            }

            slot = ClientOrderIdIndex.Next(hash, ref position);
        }

        return -1;
    }

    // Ids are 1, 2, 3…: by themselves they would stand in one unbroken run of places, and a header that names an absent
    // session would be searched for through all of them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SessionHash(uint session) => StableHash.Mix(session, 0);

    /// <summary>Slot of a session, or −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FindSession(uint session)
    {
        var hash = SessionHash(session);
        var slot = SessionIndex.First(hash, out var position);
        while (slot >= 0 && Sessions.At(slot).Id != session)
        {
            slot = SessionIndex.Next(hash, ref position);
        }

        return slot;
    }

    /// <summary>Slot of a remembered key, or −1.</summary>
    public int FindKey(UInt128 id)
    {
        var slot = KeyIndex.First(Words.Low(id), out var position);
        while (slot >= 0 && Keys.At(slot).Id != id)
        {
            slot = KeyIndex.Next(Words.Low(id), ref position);
        }

        return slot;
    }

    /// <summary>Slot of an API key, revoked ones included, or −1.</summary>
    public int FindApiKey(UInt128 id)
    {
        var hash = StableHash.Mix(Words.Low(id), Words.High(id));
        var slot = ApiKeyIndex.First(hash, out var position);
        while (slot >= 0 && ApiKeys.At(slot).Id != id)
        {
            slot = ApiKeyIndex.Next(hash, ref position);
        }

        return slot;
    }

    /// <summary>Empties everything. What remains is not a valid state until records are restored.</summary>
    public void Clear()
    {
        foreach (var table in Tables)
        {
            table.Clear();
        }

        foreach (var slots in SlotSets)
        {
            slots.Clear();
        }

        foreach (var index in Indexes)
        {
            index.Clear();
        }

        foreach (var heap in Heaps)
        {
            heap.Clear();
        }

        Levels.Clear();
        (KeyQueue, ClientOrderIdQueue) = (default, default);
        (Books, Triggers, PendingCancels) = ([], [], []);
        GlobalsTable.Reserve(0);
        FeeTiers.Reserve((FeeTier.Tiers * 256) - 1);
    }

    public void IndexApiKey(int slot)
    {
        var id = ApiKeys.At(slot).Id;
        ApiKeyIndex.Add(StableHash.Mix(Words.Low(id), Words.High(id)), slot);
    }

    /// <summary>
    /// Recomputes the policy hashes kept for the receipts: of one instrument, or of all where it is zero.
    /// </summary>
    public void RefreshPolicyHashes(uint instrument)
    {
        GlobalPolicyHash = PolicyHash.OfGlobal(in Globals.Policy, Globals.WithdrawalsHalted != 0);
        var first = instrument == 0 ? 1 : instrument;
        var last = instrument == 0 ? Globals.Instruments : instrument;
        Span<int> makerRates = stackalloc int[FeeTier.Tiers];
        Span<int> takerRates = stackalloc int[FeeTier.Tiers];
        for (var i = first; i <= last; i++)
        {
            ref var policy = ref Policies.At((int)i).Policy;
            for (var tier = 0; tier < FeeTier.Tiers; tier++)
            {
                ref var rates = ref FeeTiers.At(((int)policy.FeeSchedule * FeeTier.Tiers) + tier);
                makerRates[tier] = rates.MakerRate;
                takerRates[tier] = rates.TakerRate;
            }

            Instruments.At((int)i).PolicyHash =
                PolicyHash.OfInstrument(GlobalPolicyHash, in policy, makerRates, takerRates);
        }
    }
}

/// <summary>How far each table grows: <see cref="TableLimits"/>.</summary>
internal readonly record struct TableCaps(
    int Accounts,
    int Users,
    int ApiKeys,
    int Sessions,
    int Keys,
    int TraderKeys,
    uint StaffKeys,
    int ClientOrderIds,
    int Balances)
{
    public static TableCaps Full => new(
        TableLimits.AccountsMax,
        TableLimits.UsersMax,
        TableLimits.ApiKeysMax,
        TableLimits.SessionsMax,
        TableLimits.KeysMax,
        TableLimits.TraderKeysMax,
        TableLimits.StaffKeysLeast,
        TableLimits.ClientOrderIdsMax,
        TableLimits.BalancesMax);

    /// <summary>No table that is checked where it grows can reach a slot that a restore would refuse.</summary>
    public static void CheckRelations()
    {
        Invariant.Check(TableLimits.SlotMax >= TableLimits.SessionsMax * Session.Window);

        // Open orders that may each receive their asset later, the order that passed the last check, the house.
        Invariant.Check(
            TableLimits.SlotMax > TableLimits.BalancesMax + (1 << OrderId.SlotBits) + 2 + Administration.AssetsMax);
        Invariant.Check(TableLimits.SlotMax >= Math.Max(TableLimits.KeysMax, TableLimits.ClientOrderIdsMax));
        Invariant.Check(TableLimits.SlotMax >= 1 << OrderId.SlotBits);
        Invariant.Check(TableLimits.SlotMax > Math.Max(TableLimits.AccountsMax, TableLimits.UsersMax));
        Invariant.Check(TableLimits.SlotMax >= TableLimits.ApiKeysMax);
    }
}

/// <summary>First and last slot of a queue linked through its records, plus one; zero where it is empty.</summary>
internal struct SlotQueue
{
    public int First;
    public int Last;
}
