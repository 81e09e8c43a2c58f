using Exchange.Rsm.Simulation.Cluster;
using Exchange.Rsm.Simulation.Plans;
using Exchange.Rsm.Simulation.Protocol;
using Exchange.Rsm.Simulation.Runs;

namespace Exchange.Rsm.Simulation.Shell;

/// <summary>Which world runs the plans of a profile.</summary>
internal static class Worlds
{
    public static IWorld Make(Profile profile) => profile switch
    {
        Profile.Protocol => new ProtocolWorld(),
        _ => new ExchangeWorld(),
    };
}
