using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Harness;
using Exchange.Rsm.Simulation.Model;
using Exchange.Rsm.Simulation.Workloads;
using Exchange.Rsm.StateMachine;

namespace Exchange.Rsm.Oracle.Tests.Harness;

/// <summary>
/// The fast machine that every so many entries dies and comes back from its snapshot. Entries are applied between the
/// pieces of the snapshot, so the one that comes back must catch up first, as a follower does.
/// </summary>
internal sealed class RestoringSubject(int interval) : ISubject
{
    private const int EntriesMeanwhile = 5;
    private const int PieceBytes = 20_000;

    private readonly OutputBuffer _piece = new();
    private readonly OutputBuffer _ignoredEvents = new();
    private readonly OutputBuffer _ignoredResults = new();
    private readonly List<Entry> _meanwhile = [];
    private readonly List<byte> _snapshot = [];
    private ExchangeMachine _machine = new();
    private ISnapshotReader? _reader;
    private ulong _snapshotHash;
    private int _entries;

    public long NextDeadline => _machine.NextDeadline;

    /// <summary>How often it came back.</summary>
    public int Restores { get; private set; }

    public void Apply(Entry entry, OutputBuffer events, OutputBuffer results)
    {
        if (++_entries % interval == 0)
        {
            _reader = _machine.BeginSnapshot(SnapshotScope.All);
            _snapshotHash = _machine.StateHash;
        }

        _machine.Apply(entry.Header, entry.Payload, events, results);
        if (_reader is not null)
        {
            _meanwhile.Add(entry);
            ReadPiece(_reader);
            if (_meanwhile.Count == EntriesMeanwhile)
            {
                ComeBack(_reader);
            }
        }
    }

    public StateView View() => MachineView.Of(_machine.State);

    private bool ReadPiece(ISnapshotReader reader)
    {
        _piece.Clear();
        reader.Read(_piece, PieceBytes);
        _snapshot.AddRange(_piece.Written);
        return _piece.Length > 0;
    }

    private void ComeBack(ISnapshotReader reader)
    {
        while (ReadPiece(reader))
        {
        }

        var restored = new ExchangeMachine();
        Restore(restored.BeginRestore(), CollectionsMarshal.AsSpan(_snapshot));
        foreach (var entry in _meanwhile)
        {
            _ignoredEvents.Clear();
            _ignoredResults.Clear();
            restored.Apply(entry.Header, entry.Payload, _ignoredEvents, _ignoredResults);
        }

        Invariant.Check(restored.StateHash == _machine.StateHash);
        Invariant.Check(restored.EventChainHash == _machine.EventChainHash);
        Invariant.Check(restored.RecomputeStateHash() == restored.StateHash);
        (_machine, _reader) = (restored, null);
        _meanwhile.Clear();
        _snapshot.Clear();
        Restores++;
    }

    private void Restore(ISnapshotWriter writer, ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            var header = MemoryMarshal.Read<SnapshotRecordHeader>(records);
            records = records[Unsafe.SizeOf<SnapshotRecordHeader>()..];
            Invariant.Check(writer.TryWrite(header, records[..(int)header.Length]));
            records = records[(int)header.Length..];
        }

        Invariant.Check(writer.TryEnd(_snapshotHash));
    }
}
