using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Simulation.Faults;
using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Workloads;

namespace Exchange.Rsm.Simulation.Network;

/// <summary>What becomes of one message that was sent.</summary>
public readonly record struct MessageFate
{
    /// <summary>When it arrives; −1 where it is lost.</summary>
    public required long Arrival { get; init; }

    /// <summary>When its copy arrives; −1 where there is none.</summary>
    public required long CopyArrival { get; init; }

    /// <summary>Which bit is flipped on the way; −1 where none.</summary>
    public required long FlippedBit { get; init; }
}

/// <summary>
/// The network between the nodes: decides for each message, from its own identity alone, whether, when and how it
/// arrives. Links are one way; a partition is a set of cut links. Delays are drawn in integers: most are spread evenly,
/// a few are from a heavy tail, where each doubling is half as likely.
/// </summary>
public sealed class NetworkModel
{
    /// <summary>Most nodes and clients together.</summary>
    public const int EndpointsMax = 32;

    private const int Million = 1_000_000;

    private readonly LinkState[] _links = new LinkState[EndpointsMax * EndpointsMax];
    private NetworkRates _rates;
    private Fate _fate;
    private FaultCounts _counts = new();

    /// <summary>Begins a run.</summary>
    public void Reset(Fate fate, in NetworkRates rates, FaultCounts counts)
    {
        Invariant.Check(rates.DelaySpread > 0);
        Array.Clear(_links);
        _rates = rates;
        _fate = fate;
        _counts = counts;
    }

    /// <summary>From here on messages are neither lost, copied, damaged nor late; cuts and clogs stay.</summary>
    public void Calm()
    {
        _rates.LossPpm = 0;
        _rates.DuplicatePpm = 0;
        _rates.FlipPpm = 0;
        _rates.TailPpm = 0;
    }

    /// <summary>Decides about a message.</summary>
    /// <param name="from">Who sends.</param>
    /// <param name="to">Who is to get it.</param>
    /// <param name="identity">What the message is, and how often it was sent before.</param>
    /// <param name="now">When it is sent.</param>
    /// <param name="bits">Its size, so that a flipped bit is one of its own.</param>
    public MessageFate Send(int from, int to, ulong identity, long now, long bits)
    {
        ref var link = ref Link(from, to);
        if (link.Cuts > 0 || Happens(_rates.LossPpm, FateDomain.MessageLoss, identity))
        {
            _counts.Count(FaultKind.MessageLost);
            return new MessageFate { Arrival = -1, CopyArrival = -1, FlippedBit = -1 };
        }

        var arrival = now + Delay(FateDomain.MessageDelay, identity) + link.SlowerBy;
        if (link.SlowerBy > 0)
        {
            _counts.Count(FaultKind.LinkSlow);
        }

        if (link.Clogs > 0)
        {
            arrival += Math.Max(link.CloggedUntil - now, 0);
            _counts.Count(FaultKind.LinkClogged);
        }

        if (arrival < link.LastArrival)
        {
            _counts.Count(FaultKind.MessageReordered);
        }

        link.LastArrival = Math.Max(link.LastArrival, arrival);
        return new MessageFate
        {
            Arrival = arrival,
            CopyArrival = Copy(arrival, identity),
            FlippedBit = Flip(identity, bits),
        };
    }

    /// <summary>Whether a cut that began after the message was sent swallows it on arrival.</summary>
    public bool IsCut(int from, int to) => Link(from, to).Cuts > 0;

    /// <summary>No cut, clog or slowness is left, whoever began it.</summary>
    public void HealAll() => Array.Clear(_links);

    public void Cut(int from, int to) => Link(from, to).Cuts++;

    public void Mend(int from, int to)
    {
        ref var link = ref Link(from, to);
        Invariant.Check(link.Cuts > 0);
        link.Cuts--;
    }

    public void Clog(int from, int to, long until)
    {
        ref var link = ref Link(from, to);
        link.Clogs++;
        link.CloggedUntil = Math.Max(link.CloggedUntil, until);
    }

    public void Unclog(int from, int to)
    {
        ref var link = ref Link(from, to);
        Invariant.Check(link.Clogs > 0);
        link.Clogs--;
    }

    public void Slow(int from, int to, long by) => Link(from, to).SlowerBy += by;

    private long Copy(long arrival, ulong identity)
    {
        if (!Happens(_rates.DuplicatePpm, FateDomain.MessageDuplicate, identity))
        {
            return -1;
        }

        _counts.Count(FaultKind.MessageDuplicated);
        return arrival + Delay(FateDomain.DuplicateDelay, identity);
    }

    private long Flip(ulong identity, long bits)
    {
        if (bits == 0 || !Happens(_rates.FlipPpm, FateDomain.MessageFlip, identity))
        {
            return -1;
        }

        _counts.Count(FaultKind.MessageFlipped);
        return (long)(_fate.Draw(FateDomain.MessageFlip + (1UL << 32), identity) % (ulong)bits);
    }

    private long Delay(ulong domain, ulong identity)
    {
        var drawn = _fate.Draw(domain, identity);
        var delay = _rates.DelayMin + (long)(drawn % (ulong)_rates.DelaySpread);
        if (_rates.TailMax <= 0 || !Happens(_rates.TailPpm, FateDomain.MessageTail, drawn))
        {
            return delay;
        }

        // Each doubling of the delay is half as likely: leading zeros of a drawn word are geometrically distributed.
        var tail = _fate.Draw(FateDomain.MessageTail + (1UL << 32), drawn);
        var halvings = Math.Min(System.Numerics.BitOperations.LeadingZeroCount(tail), 6);
        _counts.Count(FaultKind.MessageLate);
        return delay + (_rates.TailMax >> (6 - halvings));
    }

    private bool Happens(int ppm, ulong domain, ulong identity) =>
        ppm > 0 && (int)(_fate.Draw(domain, identity) % Million) < ppm;

    private ref LinkState Link(int from, int to)
    {
        Invariant.Check((uint)from < EndpointsMax);
        Invariant.Check((uint)to < EndpointsMax);
        return ref _links[(from * EndpointsMax) + to];
    }
}
