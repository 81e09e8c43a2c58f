using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.StateMachine.Storage;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests.Storage;

/// <summary>The table alone, with a record that counts how often it is looked at.</summary>
public sealed class TableTests
{
    [ThreadStatic]
    private static int _looks;

    private readonly Table<Counted> _table = new(64);

    [Theory]
    [InlineData(SnapshotScope.All)]
    [InlineData(SnapshotScope.Changed)]
    public void Beginning_a_cut_looks_at_no_record_however_many_there_are(SnapshotScope scope)
    {
        Fill(100_000);
        _looks = 0;
        Assert.Equal(0, Allocations.Fewest(() => CutAnew(), table => table.BeginCut(scope)));
        Assert.Equal(0, _looks);
        Assert.Equal(100_000, Records(Rest()).Count);
    }

    [Fact]
    public void The_first_write_after_a_cut_costs_the_same_with_few_images_and_with_many()
    {
        Fill(50_000);
        _table.BeginCut(SnapshotScope.All);
        var early = LooksOfWriting(1, 100);
        LooksOfWriting(1_000, 40_000);
        Assert.Equal(early, LooksOfWriting(45_000, 100));
    }

    [Fact]
    public void Images_allocate_nothing_once_their_places_exist()
    {
        Fill(5_000);
        _table.BeginCut(SnapshotScope.All);
        LooksOfWriting(0, 5_000);
        Assert.Equal(0, Allocations.Fewest(
            () => CutAnew(SnapshotScope.All), _ => LooksOfWriting(0, 5_000)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_cut_stays_what_it_was_however_it_is_read(ulong seed)
    {
        var dice = new Dice(seed);
        var kept = new Dictionary<int, ulong>();
        for (var round = 0; round < 60; round++)
        {
            ChangeSome(dice);
            var scope = dice.OnceIn(2) ? SnapshotScope.All : SnapshotScope.Changed;
            var atCut = Contents();
            _table.BeginCut(scope);
            var output = new OutputBuffer();
            var isEnded = ReadWhileChanging(dice, output);
            _table.EndCut(isEnded);
            if (!isEnded)
            {
                continue;
            }

            kept = scope == SnapshotScope.All ? [] : kept;
            foreach (var part in SnapshotImage.Split(output.Written))
            {
                var slot = (int)part.Header.Key;
                kept.Remove(slot);
                if (part.Header.Removed == 0)
                {
                    kept[slot] = BitConverter.ToUInt64(part.Content);
                }
            }

            Assert.Equal(atCut, kept);
        }
    }

    [Fact]
    public void A_record_is_restored_once_and_only_in_its_canonical_form()
    {
        var content = BitConverter.GetBytes(7UL).Concat(new byte[8]).ToArray();
        Assert.True(_table.TryRestore(3, content));
        Assert.False(_table.TryRestore(3, content));
        Assert.False(_table.TryRestore(-1, content));
        Assert.False(_table.TryRestore(4, content.AsSpan(0, 15)));
        Assert.False(_table.TryRestore(4, new byte[16]));
        content[8] = 1;
        Assert.False(_table.TryRestore(4, content));
    }

    private void Fill(int count)
    {
        for (var slot = 0; slot < count; slot++)
        {
            _table.Reserve(slot);
            _table.Write(slot).Value = (ulong)slot + 1;
        }

        _table.EndEntry();
    }

    private Table<Counted> CutAnew(SnapshotScope? scope = null)
    {
        _table.EndCut(isWhole: false);
        if (scope is { } begun)
        {
            _table.BeginCut(begun);
        }

        return _table;
    }

    private int LooksOfWriting(int first, int count)
    {
        _looks = 0;
        for (var slot = first; slot < first + count; slot++)
        {
            _table.Write(slot).Value++;
        }

        _table.EndEntry();
        return _looks;
    }

    private void ChangeSome(Dice dice)
    {
        for (var i = dice.Below(200); i > 0; i--)
        {
            var slot = dice.Below(1_000);
            _table.Reserve(slot);
            _table.Write(slot).Value = dice.OnceIn(3) ? 0 : dice.Next() | 1;
        }

        _table.EndEntry();
    }

    // True where it was read to its end.
    private bool ReadWhileChanging(Dice dice, OutputBuffer output)
    {
        var patience = dice.OnceIn(4) ? dice.Below(10) : int.MaxValue;
        while (patience-- > 0)
        {
            if (_table.ReadCut(output, output.Length + 1 + dice.Below(2_000)))
            {
                return true;
            }

            ChangeSome(dice);
        }

        return false;
    }

    private Dictionary<int, ulong> Contents()
    {
        var contents = new Dictionary<int, ulong>();
        for (var slot = 0; slot < _table.Limit; slot++)
        {
            if (_table.At(slot).Value != 0)
            {
                contents[slot] = _table.At(slot).Value;
            }
        }

        return contents;
    }

    private byte[] Rest()
    {
        var output = new OutputBuffer();
        Assert.True(_table.ReadCut(output, int.MaxValue));
        return [.. output.Written];
    }

    private static List<SnapshotPart> Records(byte[] stream) => SnapshotImage.Split(stream);

    private struct Counted : IRecord<Counted>
    {
        public ulong Value;
        public ulong Link;

        public static ushort Kind => 999;

        public static bool IsEmpty(in Counted record)
        {
            _looks++;
            return record.Value == 0;
        }

        public static void ClearDerived(ref Counted record)
        {
            _looks++;
            record.Link = 0;
        }
    }
}
