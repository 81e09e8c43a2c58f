using Exchange.Rsm.Simulation.Clocks;

namespace Exchange.Rsm.Simulation.Tests.Clocks;

public sealed class NodeClockTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(0, 10 * Second)]
    [InlineData(5_000, 10 * Second + 50_000_000)]
    [InlineData(-5_000, 10 * Second - 50_000_000)]
    public void Drift_is_in_parts_per_million(long ppm, long expected)
    {
        var clock = new NodeClock();
        clock.Reset(0, ppm, 0);
        Assert.Equal(expected, clock.Monotonic(10 * Second));
    }

    [Fact]
    public void The_monotonic_clock_never_goes_back_whatever_happens_to_it()
    {
        var clock = new NodeClock();
        clock.Reset(7, -900, 1000);
        var last = 0L;
        for (var world = 0L; world < 3000; world += 3)
        {
            switch (world % 7)
            {
                case 0:
                    clock.SetDrift(world, (world % 2000) - 1000);
                    break;
                case 1:
                    clock.Freeze(world);
                    break;
                case 2:
                    clock.Thaw(world);
                    break;
                case 3:
                    clock.JumpMonotonic(world, 5);
                    break;
                default:
                    clock.JumpWall(-50);
                    break;
            }

            Assert.True(clock.Monotonic(world) >= last);
            last = clock.Monotonic(world);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4_999)]
    [InlineData(-4_999)]
    public void A_time_of_the_node_is_reached_when_the_world_says_so(long ppm)
    {
        var clock = new NodeClock();
        clock.Reset(123, ppm, 0);
        var due = clock.Monotonic(Second) + 77_777_777;
        var world = clock.WorldAt(due, Second);
        Assert.InRange(clock.Monotonic(world), due, due + 3);
    }

    [Fact]
    public void The_wall_clock_may_be_set_back()
    {
        var clock = new NodeClock();
        clock.Reset(0, 0, 500);
        var before = clock.Wall(1000);
        clock.JumpWall(-200);
        Assert.Equal(before - 200, clock.Wall(1000));
    }
}
