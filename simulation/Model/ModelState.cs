using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Simulation.Model;

/// <summary>Everything the exchange knows, in sorted tables, and the simplest questions about it.</summary>
internal sealed class ModelState
{
    private readonly List<bool> _slotTaken = [];

    public ModelState()
    {
        Users.Add(1, new ModelUser { Id = 1, Roles = Roles.All });
        Accounts.Add(1, new ModelAccount { Id = 1, Owner = 1 });
    }

    public ulong Index;
    public ulong Term;
    public long Now;
    public long Outage;

    public GlobalPolicy Policy = DefaultPolicy.Global;
    public bool WithdrawalsHalted;
    public uint BehaviourVersion = 1;

    /// <summary>Log index of the last configuration entry; zero before the first.</summary>
    public ulong ConfigurationIndex;
    public ulong AcceptanceCount;
    public uint LastSession;
    public uint LastProposal;

    /// <summary>One above the highest stamp of a key forgotten so far: below it, nobody knows what was used.</summary>
    public ulong StampFloor;

    public SortedDictionary<uint, ModelUser> Users { get; } = [];

    public SortedDictionary<uint, ModelAccount> Accounts { get; } = [];

    public SortedDictionary<(uint Account, uint Asset), ModelBalance> Balances { get; } = [];

    public SortedDictionary<uint, ModelAsset> Assets { get; } = [];

    public SortedDictionary<uint, ModelInstrument> Instruments { get; } = [];

    public SortedDictionary<ulong, ModelOrder> Orders { get; } = [];

    public SortedDictionary<uint, ModelSession> Sessions { get; } = [];

    public SortedDictionary<UInt128, ModelKey> Keys { get; } = [];

    /// <summary>The keys in order of admission.</summary>
    public LinkedList<ModelKey> KeyQueue { get; } = [];

    public SortedDictionary<(uint Account, UInt128 ClientOrderId), ModelClientOrderId> ClientOrderIds { get; } = [];

    public LinkedList<ModelClientOrderId> ClientOrderIdQueue { get; } = [];

    public SortedDictionary<UInt128, ModelApiKey> ApiKeys { get; } = [];

    public SortedDictionary<uint, ModelProposal> Proposals { get; } = [];

    public SortedDictionary<uint, ModelDrain> Drains { get; } = [];

    public SortedDictionary<uint, ModelMember> Members { get; } = [];

    public SortedDictionary<uint, ModelFeeSchedule> FeeSchedules { get; } = [];

    private SortedDictionary<(uint Account, uint User, bool OfStaff), int> KeyCounts { get; } = [];

    private SortedDictionary<uint, int> ClientOrderIdCounts { get; } = [];

    /// <summary>Time that does not pass between the last entry of one term and the first of the next.</summary>
    public long ServiceNow => Now - Outage;

    public ModelInstrument? InstrumentOf(in CommandHeader header) =>
        Instruments.GetValueOrDefault(header.Instrument.Value);

    public ModelBalance Balance(uint account, uint asset)
    {
        if (!Balances.TryGetValue((account, asset), out var balance))
        {
            balance = new ModelBalance();
            Balances.Add((account, asset), balance);
        }

        return balance;
    }

    public ModelFeeSchedule FeeSchedule(uint schedule)
    {
        if (!FeeSchedules.TryGetValue(schedule, out var rates))
        {
            rates = new ModelFeeSchedule();
            FeeSchedules.Add(schedule, rates);
        }

        return rates;
    }

    public ulong GlobalPolicyHash => PolicyHash.OfGlobal(Policy, WithdrawalsHalted);

    public ulong PolicyHashOf(ModelInstrument? instrument)
    {
        if (instrument is null)
        {
            return GlobalPolicyHash;
        }

        var rates = FeeSchedule(instrument.Policy.FeeSchedule);
        return PolicyHash.OfInstrument(GlobalPolicyHash, instrument.Policy, rates.MakerRates, rates.TakerRates);
    }

    public List<ModelOrder> OrdersOf(uint account) => [.. Orders.Values.Where(order => order.Account == account)];

    /// <summary>Numbers an order and takes the lowest free place of the order table for it.</summary>
    public void Enter(ModelOrder order)
    {
        var slot = _slotTaken.IndexOf(false);
        if (slot < 0)
        {
            slot = _slotTaken.Count;
            _slotTaken.Add(true);
        }

        _slotTaken[slot] = true;
        AcceptanceCount++;
        order.Id = OrderId.Of(AcceptanceCount, slot).Value;
        Orders.Add(order.Id, order);
    }

    /// <summary>Takes an order that is done out of everything.</summary>
    public void Remove(ModelOrder order)
    {
        if (order.Resting)
        {
            order.Instrument.Leave(order);
        }

        if (order.Waiting)
        {
            order.Instrument.Waiting.Remove(order);
            order.Waiting = false;
        }

        Orders.Remove(order.Id);
        _slotTaken[new OrderId(order.Id).Slot] = false;
    }

    public int KeyCountOf(KeyPlace place) =>
        KeyCounts.GetValueOrDefault((place.Account, place.User, place.OfStaff));

    public void Remember(ModelKey key)
    {
        Keys.Add(key.CommandId, key);
        KeyQueue.AddLast(key);
        Count(key.Place, 1);
    }

    public void Forget(ModelKey key)
    {
        Keys.Remove(key.CommandId);
        KeyQueue.Remove(key);
        Count(key.Place, -1);
        StampFloor = Math.Max(StampFloor, key.Stamp + 1);
    }

    private void Count(KeyPlace place, int change) =>
        KeyCounts[(place.Account, place.User, place.OfStaff)] = KeyCountOf(place) + change;

    public int ClientOrderIdCountOf(uint account) => ClientOrderIdCounts.GetValueOrDefault(account);

    public void Remember(ModelClientOrderId id)
    {
        ClientOrderIds.Add((id.Account, id.ClientOrderId), id);
        ClientOrderIdQueue.AddLast(id);
        ClientOrderIdCounts[id.Account] = ClientOrderIdCountOf(id.Account) + 1;
    }

    public void Forget(ModelClientOrderId id)
    {
        ClientOrderIds.Remove((id.Account, id.ClientOrderId));
        ClientOrderIdQueue.Remove(id);
        ClientOrderIdCounts[id.Account]--;
    }
}
