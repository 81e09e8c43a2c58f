using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Simulation.Clocks;

/// <summary>
/// What a node reads when it asks for the time. The monotonic clock runs a little fast or slow and may stand still, but
/// never goes back; the wall clock is that plus an offset that may jump either way. Integers throughout: a drift is in
/// parts per million.
/// </summary>
public sealed class NodeClock
{
    private const long Million = 1_000_000;

    private long _worldBase;
    private long _nodeBase;
    private long _driftPpm;
    private long _wallOffset;
    private bool _isFrozen;

    /// <summary>Begins a run.</summary>
    public void Reset(long nodeBase, long driftPpm, long wallOffset)
    {
        Invariant.Check(driftPpm > -Million);
        _worldBase = 0;
        _nodeBase = nodeBase;
        _driftPpm = driftPpm;
        _wallOffset = wallOffset;
        _isFrozen = false;
    }

    /// <summary>Nanoseconds that never go back.</summary>
    public long Monotonic(long world)
    {
        Invariant.Check(world >= _worldBase);
        if (_isFrozen)
        {
            return _nodeBase;
        }

        var passed = world - _worldBase;
        return _nodeBase + passed + (passed / Million * _driftPpm) + (passed % Million * _driftPpm / Million);
    }

    /// <summary>Nanoseconds since the epoch, as the node believes.</summary>
    public long Wall(long world) => Monotonic(world) + _wallOffset;

    /// <summary>When the world reaches a time of the node; one nanosecond late rather than early.</summary>
    public long WorldAt(long monotonic, long world)
    {
        var ahead = monotonic - Monotonic(world);
        return ahead <= 0 ? world : world + ahead * Million / (Million + _driftPpm) + 1;
    }

    public void SetDrift(long world, long driftPpm)
    {
        Invariant.Check(driftPpm > -Million);
        Rebase(world);
        _driftPpm = driftPpm;
    }

    public void JumpWall(long nanoseconds) => _wallOffset += nanoseconds;

    /// <summary>The monotonic clock jumps ahead, as after a pause of the whole machine.</summary>
    public void JumpMonotonic(long world, long nanoseconds)
    {
        Invariant.Check(nanoseconds >= 0);
        Rebase(world);
        _nodeBase += nanoseconds;
    }

    public void Freeze(long world)
    {
        Rebase(world);
        _isFrozen = true;
    }

    /// <summary>Goes on where it stood: the time in between is lost to the node.</summary>
    public void Thaw(long world)
    {
        if (!_isFrozen)
        {
            return;
        }

        _worldBase = world;
        _isFrozen = false;
    }

    private void Rebase(long world)
    {
        _nodeBase = Monotonic(world);
        _worldBase = world;
    }
}
