using System.CommandLine;
using Exchange.Rsm.Bench;
using Exchange.Rsm.Bench.Raft;
using Exchange.Rsm.Bench.Wal;
using Exchange.Rsm.Hosts.Cli.Replay;

var root = new RootCommand("Measures the exchange's core. See bench/README.md for what the clock includes.")
{
    MatchingVerb.Create(),
    OtherVerbs.Growth(),
    OtherVerbs.Memory(),
    OtherVerbs.Parts(),
    RaftBench.Verb(),
    SnapshotVerb.Create(),
    WalVerbs.Wal(),
    WalVerbs.Crash(),
    WalVerbs.Restart(),
    WalVerbs.CrashChild(),
};
var parsed = root.Parse(args);
try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (InputException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
