using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Records;
using Exchange.Rsm.StateMachine.Storage;

namespace Exchange.Rsm.StateMachine.Trading;

/// <summary>Reads one cut through all tables in order of kind.</summary>
internal sealed class SnapshotSource : ISnapshotReader
{
    private readonly Table[] _tables;
    private bool _isReading;
    private int _table;

    public SnapshotSource(ExchangeState state)
    {
        _tables = (Table[])state.Tables.Clone();
        Array.Sort(_tables, static (left, right) => left.RecordKind.CompareTo(right.RecordKind));
    }

    public ulong RecordCount { get; private set; }

    public ulong StreamLength { get; private set; }

    public SnapshotSource Begin(SnapshotScope scope)
    {
        Invariant.Check(!_isReading);
        RecordCount = 0;
        StreamLength = 0;
        foreach (var table in _tables)
        {
            table.BeginCut(scope);
            RecordCount += table.CutCount;
            StreamLength += table.CutCount * table.StreamSize;
        }

        _isReading = true;
        _table = 0;
        return this;
    }

    public void Read(OutputBuffer output, int bytesMax)
    {
        var start = output.Length;
        while (_isReading
            && _table < _tables.Length
            && output.Length < bytesMax
            && _tables[_table].ReadCut(output, bytesMax))
        {
            _table++;
        }

        // Only who was told that there is no more has it all.
        if (_table == _tables.Length && output.Length == start)
        {
            End(isWhole: true);
        }
    }

    public void End() => End(isWhole: false);

    private void End(bool isWhole)
    {
        if (!_isReading)
        {
            return;
        }

        _isReading = false;
        foreach (var table in _tables)
        {
            table.EndCut(isWhole);
        }
    }
}

/// <summary>Takes a snapshot's records into an emptied machine.</summary>
internal sealed class SnapshotTarget : ISnapshotWriter
{
    private readonly ExchangeState _state;
    private readonly StateRebuild _rebuild;
    private readonly Func<ulong> _endEntry;

    public SnapshotTarget(ExchangeState state, StateRebuild rebuild, Func<ulong> endEntry)
    {
        _state = state;
        _rebuild = rebuild;
        _endEntry = endEntry;
        state.Clear();
    }

    public bool TryWrite(in SnapshotRecordHeader header, ReadOnlySpan<byte> content)
    {
        if (header.Removed != 0 || header.Length != content.Length || header.Key >= TableLimits.SlotMax)
        {
            // Beyond it a slot is taken for damage, so that a bad record cannot ask for all memory.
            return false;
        }

        var slot = (int)header.Key;
        if (SnapshotRecordHeader.ChecksumOf(header.Kind, header.Key, content) != header.Checksum)
        {
            return false;
        }

        foreach (var table in _state.Tables)
        {
            if (table.RecordKind == header.Kind)
            {
                return table.TryRestore(slot, content);
            }
        }

        return false;
    }

    public bool TryEnd(ulong stateHash)
    {
        if (_endEntry() != stateHash || Globals.IsEmpty(_state.Globals))
        {
            _state.Clear();
            return false;
        }

        // The hash vouches for the records: it is this build that is wrong for them, and must not go on by its rules.
        Invariant.Check(_state.Globals.BehaviourVersion <= Membership.BehaviourMax);

        // And so what they refer to exists.
        _rebuild.Run();
        return true;
    }
}
