using Exchange.Rsm.Contracts.Log;

namespace Exchange.Rsm.Replication.Replica;

/// <summary>
/// Goes through the whole state once between two snapshots, a slice after every few entries, and compares each record
/// with what it adds to the carried state hash. Nothing that a fault of the memory can do escapes for longer:
/// <para>(1) A damaged record that nobody writes differs from its share when its slice comes: within one pass.</para>
/// <para>(2) A damaged record that an entry changes first gets a share of what it then is. The carried hash is then
/// another than the other members', from that entry on, and the comparison of hashes finds it. The same holds of a
/// damaged share whose record is written, and of a damaged sum.</para>
/// <para>(3) A damaged record that an entry overwrites as a whole is no fault any more.</para>
/// <para>A snapshot cut meanwhile is not passed for good: of a record that nobody wrote the store keeps what it
/// had, and of one that it takes anew the sum over all records is compared when it is loaded.</para>
/// </summary>
internal sealed class Scrubber(IStateMachine machine, ulong intervalEntries)
{
    // About 25 µs of the thread that applies.
    private const int SliceBytesMax = 256 << 10;
    private const int SliceBytesMin = 4 << 10;

    private ulong _cursor;
    private long _owed;
    private long _bytesPerEntry;
    private ulong _begunAt;
    private bool _isRunning;

    /// <summary>The last index at which the whole state was surely good.</summary>
    public ulong LastGood { get; private set; }

    /// <summary>Passes that ended well.</summary>
    public ulong PassCount { get; private set; }

    /// <summary>Snapshots that were due before the pass of the one before had ended.</summary>
    public ulong LateCount { get; private set; }

    /// <summary>Begins a pass, unless one is under way. At every snapshot that is due.</summary>
    /// <param name="index">Index of the last entry applied.</param>
    /// <param name="stateBytes">Bytes of all records, about.</param>
    public void Begin(ulong index, ulong stateBytes)
    {
        if (_isRunning)
        {
            LateCount++;
            return;
        }

        // In half the time until the next.
        _bytesPerEntry = 1 + (long)(2 * stateBytes / Math.Max(1, intervalEntries));
        (_cursor, _owed, _begunAt, _isRunning) = (0, 0, index, true);
    }

    /// <summary>The state is another: what was seen of the one before means nothing.</summary>
    public void Restart(ulong index) => (_isRunning, LastGood) = (false, index);

    /// <summary>Goes on after entries were applied.</summary>
    /// <param name="entries">How many.</param>
    /// <returns>False where the memory is damaged.</returns>
    public bool Step(int entries)
    {
        if (!_isRunning)
        {
            return true;
        }

        _owed += entries * _bytesPerEntry;
        if (_owed < SliceBytesMin && entries > 0)
        {
            return true;
        }

        var bytes = (int)Math.Clamp(_owed, SliceBytesMin, SliceBytesMax);
        _owed -= Math.Min(_owed, bytes);
        if (!machine.ScrubSlice(ref _cursor, bytes))
        {
            _isRunning = false;
            return false;
        }

        if (_cursor == 0)
        {
            _isRunning = false;
            LastGood = _begunAt;
            PassCount++;
        }

        return true;
    }
}
