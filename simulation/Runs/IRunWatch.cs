using Exchange.Rsm.Simulation.Kernel;
using Exchange.Rsm.Simulation.Linearizability;
using Exchange.Rsm.Simulation.Plans;

namespace Exchange.Rsm.Simulation.Runs;

/// <summary>A world that can be watched. Nobody watches in a fleet, and then nothing is paid for it.</summary>
public interface IWatchableWorld : IWorld
{
    /// <summary>Who watches the next run; null: nobody.</summary>
    IRunWatch? Watch { get; set; }
}

/// <summary>
/// Is told of a run what its trace does not say: what is in the messages, what work is under way, what each node's
/// state is after each event. Endpoints of nodes count from zero, those of clients from <see cref="ClientEndpoint"/>.
/// </summary>
public interface IRunWatch
{
    /// <summary>The first client's endpoint.</summary>
    const int ClientEndpoint = 16;

    /// <summary>A run begins.</summary>
    /// <param name="plan">Its plan.</param>
    /// <param name="nodes">How many nodes take part.</param>
    /// <param name="clients">How many clients.</param>
    /// <param name="fields">
    /// Names of what a node's state is made of; "role", "term", "commit" and "applied" are among them.
    /// </param>
    void Begins(Plan plan, int nodes, int clients, IReadOnlyList<string> fields);

    /// <summary>An event is taken; all that is said from here on happens in it.</summary>
    void Takes(in WorldEvent taken);

    /// <summary>A message is given to the network.</summary>
    void Sends(in SentMessage message);

    /// <summary>A disk is given something to do.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="identity">Of the event that ends it.</param>
    /// <param name="says">What is to be done, in words.</param>
    /// <param name="doneAt">When it will be done.</param>
    void Works(int node, ulong identity, string says, long doneAt);

    /// <summary>A node's state after the event, a value for each field; asked for all nodes after each event.</summary>
    void Stands(int node, IReadOnlyList<string> values);

    /// <summary>The run is over; what clients asked and were told.</summary>
    /// <param name="history">All operations.</param>
    /// <param name="words">Each of them in words.</param>
    /// <param name="model">How an object behaves.</param>
    void Ends(IReadOnlyList<HistoryOperation> history, IReadOnlyList<string> words, ISequentialObject model);
}

/// <summary>A message as it is given to the network, and what the network makes of it.</summary>
public readonly record struct SentMessage
{
    public required int From { get; init; }

    public required int To { get; init; }

    /// <summary>Of the event of its arrival; its copy's is one more.</summary>
    public required ulong Identity { get; init; }

    /// <summary>What kind of message, in one word.</summary>
    public required string Kind { get; init; }

    /// <summary>What it says, in words.</summary>
    public required string Says { get; init; }

    /// <summary>When it arrives; −1 where it is lost.</summary>
    public required long Arrival { get; init; }

    /// <summary>When its copy arrives; −1 where there is none.</summary>
    public required long CopyArrival { get; init; }

    /// <summary>Whether a bit is flipped on the way.</summary>
    public required bool IsFlipped { get; init; }
}
