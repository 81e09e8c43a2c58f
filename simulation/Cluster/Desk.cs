using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Cluster;

/// <summary>
/// A client that does what the generator of the model's tests makes up: markets, users, policies, all kinds of orders,
/// repeats, fences, malformed bytes. One batch after the other, each under the same identities until it is answered.
/// </summary>
internal sealed class Desk(ProtocolContext context, Calls calls, CanonLog canon)
{
    /// <summary>Its place among the clients.</summary>
    public const int Client = 0;

    private readonly Queue<ulong> _due = [];
    private CommandGenerator _generator = new(0);
    private byte[]? _underWay;
    private bool _isObserved;
    private ulong _batches;

    public bool IsIdle => _underWay is null && _due.Count == 0;

    /// <summary>Whether there are markets, accounts and money.</summary>
    public bool IsOpen => _generator.IsPrologueSent && _underWay is null;

    /// <summary>Called when the exchange has opened.</summary>
    public Action? Opened { get; set; }

    public void Begin()
    {
        _due.Clear();
        _generator = new CommandGenerator(context.Fate.Below(3, Kernel.FateDomain.Client, 0));
        _underWay = null;
        _isObserved = false;
        _batches = 0;
    }

    /// <summary>Begins: the first batches set the exchange up.</summary>
    public void Start() => SendNext();

    /// <summary>One more step of the workload is due.</summary>
    public void OnDue(ulong identity)
    {
        _due.Enqueue(identity);
        SendNext();
    }

    /// <summary>An entry was committed, whoever's it is.</summary>
    public void OnCommitted(ulong index, long nextDeadline)
    {
        ref var committed = ref canon[index];
        var payload = canon.Payload(index);
        if (_underWay is not null && !_isObserved && committed.Header.Kind == EntryKind.Commands
            && payload.SequenceEqual(_underWay))
        {
            _isObserved = true;
            _generator.Observe(
                new Entry(committed.Header, _underWay), canon.Results(index), canon.Events(index), nextDeadline);
            return;
        }

        _generator.ObserveOthers(committed.Header, canon.Events(index), nextDeadline);
    }

    private void SendNext()
    {
        while (_underWay is null)
        {
            _generator.Clock = Weather.Epoch + context.Now;
            if (_generator.TryNext(out var entry))
            {
                if (entry.Header.Kind == EntryKind.Commands)
                {
                    Send(entry);
                }

                continue;
            }

            if (_due.Count == 0)
            {
                // What stands in an unfinished batch goes out as well.
                _generator.Flush();
                if (!_generator.HasBatch)
                {
                    return;
                }

                continue;
            }

            _generator.Feed(WorkloadStep.Of(context.Fate.Of(Kernel.FateDomain.Operation, _due.Dequeue()), 0));
        }
    }

    private void Send(Entry entry)
    {
        _underWay = entry.Payload.ToArray();
        _isObserved = false;
        _batches++;
        calls.Make(
            Client, _underWay, entry.Header.CommandCount, isRead: false, StableHash.Mix(0xDE5C, _batches), OnAnswered,
            givenUp: null);
    }

    private void OnAnswered(Call call, CommandResult[] results, ulong index)
    {
        Invariant.Check(_isObserved);
        context.Report.OperationsDone += results.Length;
        var wasOpen = _generator.IsPrologueSent;
        _underWay = null;
        if (wasOpen)
        {
            Opened?.Invoke();
        }

        SendNext();
    }
}
