namespace Exchange.Rsm.Replication.Raft;

/// <summary>
/// The node's wall clock, bounded: where it was set further than <see cref="RaftOptions.ClockStepMaxNanos"/>, time goes
/// on from where it was by the monotonic clock, until an operator's logged command allows the step. Slow drift is
/// followed.
/// </summary>
internal sealed class LogClock(RaftOptions options)
{
    private bool _isAnchored;
    private long _anchorNow;
    private long _anchorWall;
    private long _wall;

    /// <summary>Nanoseconds.</summary>
    public long Bounded { get; private set; }

    public bool IsStepped { get; private set; }

    public void Observe(long now, long wall)
    {
        _wall = wall;
        if (!_isAnchored)
        {
            _isAnchored = true;
            _anchorNow = now;
            _anchorWall = wall;
            Bounded = wall;
            return;
        }

        var elapsed = now - _anchorNow;
        var expected = _anchorWall + elapsed;
        var off = wall - expected;
        IsStepped = off > options.ClockStepMaxNanos || off < -options.ClockStepMaxNanos;
        if (IsStepped)
        {
            Bounded = expected;
            return;
        }

        // The anchor moves towards the clock no faster than clocks drift: many small steps are not one large one.
        var slew = (long)((Int128)elapsed * options.ClockDriftMaxPpm / 1_000_000);
        Bounded = wall;
        if (slew > 0)
        {
            _anchorWall = expected + Math.Clamp(off, -slew, slew);
            _anchorNow = now;
        }
    }

    /// <summary>An operator's command was committed: the clock may go to this time.</summary>
    /// <returns>Whether it has.</returns>
    public bool Allow(long upTo, long now)
    {
        var isStepping = IsStepped && _wall <= upTo;
        if (isStepping)
        {
            _anchorNow = now;
            _anchorWall = _wall;
            Bounded = _wall;
            IsStepped = false;
        }

        return isStepping;
    }
}
