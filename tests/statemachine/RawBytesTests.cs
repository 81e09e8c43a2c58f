using Exchange.Rsm.Contracts.Log;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.StateMachine.Tests.Driving;

namespace Exchange.Rsm.StateMachine.Tests;

/// <summary>
/// Whatever bytes come, the machine answers. Beside it runs a twin that gets the same entries with every refused
/// command (code below 30) replaced by the plainest malformed one: where the two differ, a refusal changed something.
/// </summary>
public sealed class RawBytesTests
{
    private const int InputsPerRound = 50_000;
    private const int CommandsMax = 6;

    // As long as it says, and of no kind.
    private static readonly byte[] Dummy = [64, .. new byte[63]];

    [Theory]
    [Trait("Covers", "H-32")]
    [Trait("Covers", "H-46")]
    [InlineData(1, 5)]
    [InlineData(2, 5)]
    [InlineData(3, 5)]
    [InlineData(4, 5)]
    public void Any_bytes_are_answered_and_a_refusal_changes_nothing(ulong seed, int rounds)
    {
        var seen = new long[256];
        for (var round = 0; round < rounds; round++)
        {
            Run(new Dice((seed * 100) + (ulong)round), seen);
        }

        // The inputs reach beyond the first gate: every code of decoding and admission, and many of decisions.
        Assert.All(
            (RejectCode[])
            [
                RejectCode.None, RejectCode.Malformed, RejectCode.UnsupportedVersion, RejectCode.NotCanonical,
                RejectCode.UnknownUser, RejectCode.NotAuthorized, RejectCode.UnknownAccount, RejectCode.NotOwner,
                RejectCode.IdentityRequired, RejectCode.UnknownSession, RejectCode.StaleCommand,
                RejectCode.CreatedInFuture, RejectCode.KeyReused, RejectCode.NeverEntered,
                RejectCode.BehaviourUnsupported,
            ],
            code => Assert.True(seen[(int)code] > 0, $"seed {seed} never saw {code}"));
        Assert.True(seen.Count(count => count > 0) > 40);
    }

    private static void Run(Dice dice, long[] seen)
    {
        var log = GeneratedRun.LogOf(dice.Next(), steps: 400);
        var (subject, twin) = (new Replica(), new Replica());
        foreach (var entry in log)
        {
            subject.Apply(entry);
            twin.Apply(entry);
        }

        var fuzz = new ByteFuzz(dice, subject.Machine.State, log);
        var header = log[^1].Header;
        for (var inputs = 0; inputs < InputsPerRound;)
        {
            var payload = new List<byte>();
            var now = header.Timestamp + 1 + (dice.OnceIn(50) ? dice.Below(3 * Venue.Second) : dice.Below(100_000L));
            var count = 1 + dice.Below(CommandsMax);
            for (var i = 0; i < count; i++, inputs++)
            {
                var input = fuzz.Next(now);
                payload.AddRange(ByteFuzz.MayAnnounceMore(input) ? Dummy : input);
            }

            // The count may lie, and a payload may begin in the middle of a command.
            Advance(ref header, now, dice.OnceIn(10) ? dice.Below(CommandsMax * 2) : count, dice);
            if (ByteFuzz.MayAnnounceMore(payload.ToArray()))
            {
                payload.Clear();
            }

            ApplyAndCompare(subject, twin, in header, [.. payload], seen);
        }
    }

    private static void Advance(ref EntryHeader header, long now, int count, Dice dice)
    {
        header.Index++;
        header.Timestamp = now;
        header.Kind = dice.OnceIn(100) ? EntryKind.Time : EntryKind.Commands;
        header.CommandCount = header.Kind == EntryKind.Commands ? (uint)count : 0;
    }

    private static void ApplyAndCompare(
        Replica subject, Replica twin, in EntryHeader header, byte[] payload, long[] seen)
    {
        subject.Apply(in header, payload);
        Assert.Equal((int)header.CommandCount, subject.Results.Length);
        var replaced = new List<byte>();
        var reader = new BatchReader(payload);
        for (var offset = 0; offset < subject.Results.Length; offset++)
        {
            ref readonly var result = ref subject.Results[offset];
            seen[(int)result.Code]++;
            if (reader.TryRead(out var command))
            {
                replaced.AddRange(IsRefused(in result) ? Dummy : command);
            }
        }

        AssertRefusedIsSilent(subject);
        twin.Apply(in header, [.. replaced]);
        Assert.True(subject.Events.SequenceEqual(twin.Events), "a refused command changed what came after it");
        Replica.AssertSameState(subject, twin);
    }

    // A fence that answers never-entered keeps the id out from then on: it alone below 30 changes something.
    private static bool IsRefused(in CommandResult result) =>
        result.Code is not (RejectCode.None or RejectCode.NeverEntered) and < RejectCode.UnknownInstrument;

    private static void AssertRefusedIsSilent(Replica subject)
    {
        var reader = new EventReader(subject.Events);
        while (reader.TryRead(out var envelope))
        {
            if (envelope.Offset != CauseFrame.TimerOffset)
            {
                Assert.False(IsRefused(in subject.Results[(int)envelope.Offset]), "a refused command made an event");
            }
        }

        Assert.Equal(EventError.None, reader.Error);
    }
}
