using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.StateMachine.Storage;
using Exchange.Rsm.StateMachine.Tests.Driving;
using Exchange.Rsm.StateMachine.Trading;

namespace Exchange.Rsm.StateMachine.Tests;

public sealed class StateHashTests
{
    private const string RecordsNamespace = "Exchange.Rsm.StateMachine.Records";

    public static TheoryData<string> RecordNames =>
        [.. RecordTypes().Select(type => type.Name).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData(1, 5_000)]
    [InlineData(2, 5_000)]
    [InlineData(3, 5_000)]
    [InlineData(4, 5_000)]
    public void Incremental_hash_equals_the_recomputed_one_after_every_entry(ulong seed, int steps)
    {
        var replica = new Replica();
        var entries = 0;
        foreach (var entry in GeneratedRun.Of(replica, seed, steps))
        {
            Assert.True(
                replica.Machine.StateHash == replica.Machine.RecomputeStateHash(),
                $"seed {seed}: the hashes differ after index {entry.Header.Index}");
            entries++;
        }

        Assert.True(entries > 1_000);
    }

    [Fact]
    [Trait("Covers", "CORE-01")]
    [Trait("Covers", "CORE-21")]
    public void Replays_of_one_log_give_one_hash_and_a_changed_log_another()
    {
        var log = GeneratedRun.LogOf(seed: 11, steps: 2_000);
        var hashes = Enumerable.Range(0, 3).Select(_ => HashAfter(log)).Distinct();
        Assert.Single(hashes);

        var changed = log[log.Count / 2].Header;
        changed.Timestamp++;
        var replica = new Replica();
        foreach (var entry in log)
        {
            var header = entry.Header.Index == changed.Index ? changed : entry.Header;
            replica.Apply(in header, entry.Payload);
        }

        Assert.NotEqual(HashAfter(log), (replica.Machine.StateHash, replica.Machine.EventChainHash));
    }

    [Fact]
    public void Every_record_type_has_a_table_of_its_own_kind()
    {
        var kinds = new HashSet<ushort>();
        var tables = new ExchangeMachine().State.Tables;
        foreach (var type in RecordTypes())
        {
            var table = Assert.Single(tables, table => RecordTypeOf(table) == type);
            Assert.True(kinds.Add(table.RecordKind), $"the kind of {type.Name} is taken");
        }

        Assert.Equal(tables.Length, kinds.Count);
    }

    [Theory]
    [Trait("Covers", "H-27")]
    [MemberData(nameof(RecordNames))]
    public void Any_byte_of_a_record_changes_the_hash_unless_it_is_derived(string record) =>
        Invoke(nameof(FlipEveryByte), record);

    [Theory]
    [Trait("Covers", "H-27")]
    [MemberData(nameof(RecordNames))]
    public void A_record_counts_at_its_place(string record) => Invoke(nameof(MoveRecords), record);

    private static (ulong State, ulong Chain) HashAfter(IEnumerable<Simulation.Workloads.Entry> log)
    {
        var replica = new Replica();
        foreach (var entry in log)
        {
            replica.Apply(entry);
        }

        return (replica.Machine.StateHash, replica.Machine.EventChainHash);
    }

    private static IEnumerable<Type> RecordTypes() => typeof(ExchangeMachine).Assembly.GetTypes()
        .Where(type => type.Namespace == RecordsNamespace)
        .Where(type => type.GetInterfaces().Any(one =>
            one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IRecord<>)));

    private static Type RecordTypeOf(Table table) => table.GetType().GetGenericArguments()[0];

    private static void Invoke(string method, string record) => typeof(StateHashTests)
        .GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
        .MakeGenericMethod(RecordTypes().Single(type => type.Name == record))
        .Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null);

    // Whatever ClearDerived zeroes is derived; every other byte must count, named fields and reserved ones alike.
    private static void FlipEveryByte<T>()
        where T : unmanaged, IRecord<T>
    {
        var machine = RichWorld.Create().Machine;
        var table = TableOf<T>(machine.State);
        var slot = LiveSlots(table)[0];
        var before = machine.RecomputeStateHash();
        var derived = DerivedBytes<T>();
        for (var offset = 0; offset < Unsafe.SizeOf<T>(); offset++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                BytesOf(ref table.At(slot))[offset] ^= (byte)(1 << bit);
                var isSame = machine.RecomputeStateHash() == before;
                Assert.True(bit != 0 || Scrub(machine, bytes: 700) == isSame, $"{typeof(T).Name}: {offset} escapes");
                BytesOf(ref table.At(slot))[offset] ^= (byte)(1 << bit);
                Assert.True(isSame == derived[offset], $"{typeof(T).Name}: byte {offset}, bit {bit}");
            }
        }

        Assert.Equal(before, machine.RecomputeStateHash());
    }

    // A pass in slices, as a replica makes it between two snapshots.
    private static bool Scrub(ExchangeMachine machine, int bytes)
    {
        var cursor = 0UL;
        do
        {
            if (!machine.ScrubSlice(ref cursor, bytes))
            {
                return false;
            }
        }
        while (cursor != 0);

        return true;
    }

    private static void MoveRecords<T>()
        where T : unmanaged, IRecord<T>
    {
        var machine = RichWorld.Create().Machine;
        var table = TableOf<T>(machine.State);
        var slots = LiveSlots(table);
        var before = machine.RecomputeStateHash();
        if (slots.Count > 1)
        {
            (table.At(slots[0]), table.At(slots[1])) = (table.At(slots[1]), table.At(slots[0]));
            Assert.NotEqual(before, machine.RecomputeStateHash());
            (table.At(slots[0]), table.At(slots[1])) = (table.At(slots[1]), table.At(slots[0]));
        }

        // The same record at the place of another, and twice: a sum that forgot the place would not tell them apart.
        var empty = table.Limit;
        table.Reserve(empty);
        var record = table.At(slots[0]);
        table.At(slots[0]) = default;
        table.At(empty) = record;
        Assert.NotEqual(before, machine.RecomputeStateHash());
        table.At(slots[0]) = record;
        Assert.NotEqual(before, machine.RecomputeStateHash());
        table.At(empty) = default;
        Assert.Equal(before, machine.RecomputeStateHash());
    }

    private static Table<T> TableOf<T>(ExchangeState state)
        where T : unmanaged, IRecord<T> =>
        (Table<T>)state.Tables.Single(table => RecordTypeOf(table) == typeof(T));

    private static List<int> LiveSlots<T>(Table<T> table)
        where T : unmanaged, IRecord<T>
    {
        var slots = new List<int>();
        for (var slot = 0; slot < table.Limit; slot++)
        {
            if (!T.IsEmpty(table.At(slot)))
            {
                slots.Add(slot);
            }
        }

        Assert.True(slots.Count >= (typeof(T) == typeof(Records.Globals) ? 1 : 2), $"too few {typeof(T).Name}s");
        return slots;
    }

    private static bool[] DerivedBytes<T>()
        where T : unmanaged, IRecord<T>
    {
        var record = default(T);
        BytesOf(ref record).Fill(byte.MaxValue);
        T.ClearDerived(ref record);
        return [.. BytesOf(ref record).ToArray().Select(one => one == 0)];
    }

    private static Span<byte> BytesOf<T>(ref T record)
        where T : unmanaged => MemoryMarshal.AsBytes(new Span<T>(ref record));
}
