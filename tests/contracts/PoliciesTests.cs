using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.Contracts.Tests;

public class PoliciesTests
{
    private static readonly int[] Rates = [.. Enumerable.Range(0, 16)];

    [Fact]
    public void Every_byte_of_the_global_policy_is_in_its_hash()
    {
        var hashes = new HashSet<ulong> { Global(new byte[64], halted: false), Global(new byte[64], halted: true) };
        Assert.Equal(2, hashes.Count);
        for (var place = 0; place < 64; place++)
        {
            var bytes = new byte[64];
            bytes[place] = 1;
            Assert.True(hashes.Add(Global(bytes, halted: false)), $"byte {place}");
        }
    }

    [Fact]
    public void Every_byte_of_an_instruments_policy_its_rates_and_the_global_one_are_in_its_hash()
    {
        var size = Layout.SizeOf(typeof(InstrumentPolicy));
        var empty = new byte[size];
        var hashes = new HashSet<ulong> { Instrument(0, empty, Rates, Rates), Instrument(1, empty, Rates, Rates) };
        Assert.Equal(2, hashes.Count);
        for (var place = 0; place < size; place++)
        {
            var bytes = new byte[size];
            bytes[place] = 1;
            Assert.True(hashes.Add(Instrument(0, bytes, Rates, Rates)), $"byte {place}");
        }

        for (var tier = 0; tier < 16; tier++)
        {
            var changed = (int[])Rates.Clone();
            changed[tier] = -1;
            Assert.True(hashes.Add(Instrument(0, new byte[size], changed, Rates)), $"maker rate of tier {tier}");
            Assert.True(hashes.Add(Instrument(0, new byte[size], Rates, changed)), $"taker rate of tier {tier}");
        }
    }

    [Fact]
    public void Default_policies_hash_to_the_same_on_every_build()
    {
        var global = PolicyHash.OfGlobal(DefaultPolicy.Global, withdrawalsHalted: false);
        var instrument = PolicyHash.OfInstrument(global, DefaultPolicy.Instrument, new int[16], new int[16]);
        Golden.Check("policy-hash.txt", $"global {global:x16}\ninstrument {instrument:x16}\n");
    }

    [Fact]
    public void Command_id_differs_by_account_kind_instrument_and_every_bit_of_the_key()
    {
        UInt128 key = new(0x8000000000000000, 0xFFFFFFFFFFFFFFFF);
        var ids = new HashSet<UInt128> { CommandIdentity.OfKey(new(1), CommandKind.PlaceOrder, new(1), key) };
        for (var bit = 0; bit < 128; bit++)
        {
            var other = key ^ (UInt128.One << bit);
            Assert.True(ids.Add(CommandIdentity.OfKey(new(1), CommandKind.PlaceOrder, new(1), other)));
        }

        for (var bit = 0; bit < 32; bit++)
        {
            var other = 1u ^ (1u << bit);
            Assert.True(ids.Add(CommandIdentity.OfKey(new(other), CommandKind.PlaceOrder, new(1), key)));
            Assert.True(ids.Add(CommandIdentity.OfKey(new(1), CommandKind.PlaceOrder, new(other), key)));
        }

        foreach (var kind in Enum.GetValues<CommandKind>().Where(kind => kind != CommandKind.PlaceOrder))
        {
            Assert.True(ids.Add(CommandIdentity.OfKey(new(1), kind, new(1), key)));
        }

        Assert.DoesNotContain(UInt128.Zero, ids);
    }

    [Fact]
    public void Command_ids_are_the_ones_in_the_file()
    {
        UInt128[] keys = [0, 1, ulong.MaxValue, new(1, 0), UInt128.MaxValue];
        const uint Max = uint.MaxValue;
        var lines = keys.Select(key =>
            $"{key:x32} {CommandIdentity.OfKey(new(3), CommandKind.Deposit, new(0), key):x32}\n"
            + $"{key:x32} {CommandIdentity.OfKey(new(Max), CommandKind.PlaceOrder, new(Max), key):x32}\n");
        Golden.Check("command-id.txt", string.Concat(lines));
    }

    [Fact]
    public void Fingerprint_is_of_the_content_and_not_of_stamp_key_dedup_or_correlation()
    {
        string[] outside =
            ["Length", "Version", "Dedup", "Reserved0", "Reserved1", "Session", "Stamp", "Key", "Correlation"];
        foreach (var kind in CommandRules.Kinds)
        {
            var original = Sample.Of(kind);
            var fingerprint = CommandIdentity.Fingerprint(original);
            foreach (var leaf in Layout.LeavesOf(Sample.LayoutOf(kind)))
            {
                var isOutside = outside.Select(name => "Header." + name).Contains(leaf.Name);
                for (var place = leaf.Offset; place < leaf.Offset + leaf.Size; place++)
                {
                    var changed = (byte[])original.Clone();
                    changed[place] ^= 0x80;
                    Assert.True(
                        isOutside == (CommandIdentity.Fingerprint(changed) == fingerprint),
                        $"{kind}: {leaf.Name}");
                }
            }
        }
    }

    private static ulong Global(byte[] bytes, bool halted) =>
        PolicyHash.OfGlobal(MemoryMarshal.Read<GlobalPolicy>(bytes), halted);

    private static ulong Instrument(ulong global, byte[] bytes, int[] makerRates, int[] takerRates) =>
        PolicyHash.OfInstrument(global, MemoryMarshal.Read<InstrumentPolicy>(bytes), makerRates, takerRates);
}
