using Exchange.Rsm.Simulation.Kernel;

namespace Exchange.Rsm.Simulation.Tests.Kernel;

public sealed class TraceTests
{
    private static readonly TraceLine _line = new(5, TraceKind.MessageSent, 3, 1, 2, 99, 7);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Every_field_of_a_line_is_in_the_hash(int field)
    {
        var other = field switch
        {
            0 => _line with { At = 6 },
            1 => _line with { Kind = TraceKind.MessageLost },
            2 => _line with { Detail = 4 },
            3 => _line with { Node = 2 },
            4 => _line with { Peer = 1 },
            5 => _line with { Identity = 98 },
            _ => _line with { Value = 8 },
        };
        Assert.NotEqual(HashOf(_line), HashOf(other));
        Assert.NotEqual(HashOf(_line, other), HashOf(other, _line));
    }

    [Fact]
    public void The_first_difference_of_two_runs_is_found()
    {
        Assert.Equal(-1, Trace.FirstDifference([_line, _line], [_line, _line]));
        Assert.Equal(1, Trace.FirstDifference([_line, _line], [_line, _line with { Value = 0 }]));
        Assert.Equal(1, Trace.FirstDifference([_line], [_line, _line]));
    }

    private static ulong HashOf(params TraceLine[] lines)
    {
        var trace = new Trace();
        trace.Clear(keepsLines: false);
        foreach (var line in lines)
        {
            trace.Add(line);
        }

        return trace.Hash;
    }
}
