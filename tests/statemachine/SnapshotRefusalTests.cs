using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests;

/// <summary>A damaged snapshot is refused: by the record that is wrong, or at the end by the hash.</summary>
public sealed class SnapshotRefusalTests
{
    private readonly ExchangeMachine _machine = new();
    private readonly List<SnapshotPart> _parts;
    private readonly ulong _hash;

    public SnapshotRefusalTests()
    {
        var source = RichWorld.Create().Machine;
        _parts = SnapshotImage.Split(SnapshotImage.Read(source.BeginSnapshot(SnapshotScope.All)));
        _hash = source.StateHash;
    }

    [Fact]
    public void Records_are_taken_in_any_order()
    {
        var dice = new Dice(1);
        for (var round = 0; round < 20; round++)
        {
            Assert.True(SnapshotImage.TryRestore(_machine, [.. _parts.OrderBy(_ => dice.Next())], _hash));
            Assert.Equal(_hash, _machine.StateHash);
            Assert.Equal(_hash, _machine.RecomputeStateHash());
            var stream = SnapshotImage.Read(_machine.BeginSnapshot(SnapshotScope.All));
            Assert.Equal(SnapshotImage.Join(_parts), stream);
        }
    }

    [Fact]
    [Trait("Covers", "H-29")]
    public void A_record_with_any_byte_flipped_is_refused()
    {
        foreach (var part in OneOfEachKind())
        {
            for (var offset = 0; offset < Unsafe.SizeOf<SnapshotRecordHeader>(); offset++)
            {
                var header = part.Header;
                MemoryMarshal.AsBytes(new Span<SnapshotRecordHeader>(ref header))[offset] ^= 0x10;
                Assert.False(TryWrite(part.With(in header)), $"kind {part.Header.Kind}, header byte {offset}");
            }

            for (var offset = 0; offset < part.Content.Length; offset++)
            {
                part.Content[offset] ^= 0x10;
                Assert.False(TryWrite(part), $"kind {part.Header.Kind}, byte {offset}");
                part.Content[offset] ^= 0x10;
            }

            Assert.True(TryWrite(part));
        }
    }

    [Fact]
    public void A_damaged_record_whose_checksum_was_made_to_fit_fails_the_hash()
    {
        foreach (var part in OneOfEachKind())
        {
            var place = _parts.IndexOf(part);
            for (var offset = 0; offset < part.Content.Length; offset++)
            {
                byte[] content = [.. part.Content];
                content[offset] ^= 0x10;
                _parts[place] = SnapshotPart.Sealed(part.Header.Kind, part.Header.Key, content);
                Assert.False(
                    SnapshotImage.TryRestore(_machine, _parts, _hash), $"kind {part.Header.Kind}, byte {offset}");
            }

            _parts[place] = part;
        }
    }

    [Fact]
    public void A_snapshot_without_one_of_its_records_is_refused()
    {
        for (var place = 0; place < _parts.Count; place++)
        {
            List<SnapshotPart> parts = [.. _parts];
            parts.RemoveAt(place);
            Assert.False(SnapshotImage.TryRestore(_machine, parts, _hash));
        }

        Assert.True(SnapshotImage.TryRestore(_machine, _parts, _hash));
    }

    [Fact]
    public void The_same_record_twice_is_refused()
    {
        foreach (var part in OneOfEachKind())
        {
            var writer = _machine.BeginRestore();
            Assert.True(writer.TryWrite(part.Header, part.Content));
            Assert.False(writer.TryWrite(part.Header, part.Content));
        }
    }

    [Fact]
    public void A_record_of_an_unknown_kind_is_refused()
    {
        foreach (var kind in Enumerable.Range(0, 1_000).Except(_parts.Select(part => (int)part.Header.Kind)))
        {
            Assert.False(TryWrite(SnapshotPart.Sealed((ushort)kind, 0, new byte[64])));
        }
    }

    [Fact]
    public void A_record_of_another_length_is_refused()
    {
        foreach (var part in OneOfEachKind())
        {
            var size = part.Content.Length;
            foreach (var length in (int[])[0, size - 8, size - 1, size + 1])
            {
                var content = new byte[length];
                part.Content.AsSpan(0, Math.Min(length, size)).CopyTo(content);
                Assert.False(TryWrite(SnapshotPart.Sealed(part.Header.Kind, part.Header.Key, content)));
            }

            var header = part.Header;
            Assert.False(_machine.BeginRestore().TryWrite(in header, part.Content.AsSpan()[..^1]));
        }
    }

    [Fact]
    public void A_key_beyond_every_table_is_refused_before_room_is_made_for_it()
    {
        foreach (var key in (UInt128[])[TableLimits.SlotMax, uint.MaxValue, (UInt128)1 << 32, UInt128.MaxValue])
        {
            Assert.False(TryWrite(SnapshotPart.Sealed(_parts[0].Header.Kind, key, _parts[0].Content)));
        }
    }

    [Fact]
    public void An_empty_record_is_refused()
    {
        foreach (var part in OneOfEachKind())
        {
            Assert.False(TryWrite(SnapshotPart.Sealed(
                part.Header.Kind, part.Header.Key + 100, new byte[part.Content.Length])));
        }
    }

    [Fact]
    public void A_removed_record_has_no_place_in_a_full_snapshot()
    {
        var header = new SnapshotRecordHeader
        {
            Kind = _parts[0].Header.Kind,
            Removed = 1,
            Checksum = SnapshotRecordHeader.ChecksumOf(_parts[0].Header.Kind, 0, []),
        };
        Assert.False(TryWrite(new SnapshotPart(header, [])));
    }

    [Fact]
    public void Another_state_hash_is_refused_and_the_machine_can_restore_again()
    {
        Assert.False(SnapshotImage.TryRestore(_machine, _parts, _hash ^ 1));
        Assert.False(SnapshotImage.TryRestore(_machine, [], 0));
        Assert.True(SnapshotImage.TryRestore(_machine, _parts, _hash));
        Assert.Equal(_hash, _machine.StateHash);
    }

    [Fact]
    public void Records_carry_the_checksum_that_the_contract_names()
    {
        foreach (var part in _parts)
        {
            Assert.Equal(
                SnapshotRecordHeader.ChecksumOf(part.Header.Kind, part.Header.Key, part.Content),
                part.Header.Checksum);
        }
    }

    private List<SnapshotPart> OneOfEachKind()
    {
        var parts = _parts.DistinctBy(part => part.Header.Kind).ToList();
        Assert.Equal(new ExchangeMachine().State.Tables.Length, parts.Count);
        return parts;
    }

    private bool TryWrite(SnapshotPart part) => _machine.BeginRestore().TryWrite(part.Header, part.Content);
}
