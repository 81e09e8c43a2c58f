namespace Exchange.Rsm.Simulation.Linearizability;

/// <summary>A register with read, write and compare-and-set.</summary>
public sealed class RegisterObject : ISequentialObject
{
    /// <summary>Answers the value.</summary>
    public const int Read = 1;

    /// <summary>Sets the value to the first argument.</summary>
    public const int Write = 2;

    /// <summary>Where the value is the first argument, sets it to the second and answers 1; else answers 0.</summary>
    public const int CompareAndSet = 3;

    /// <summary>The value before the first write.</summary>
    public const long Nothing = long.MinValue;

    public long Initial => Nothing;

    public bool TryStep(long state, in HistoryOperation operation, out long next)
    {
        next = state;
        switch (operation.Kind)
        {
            case Read:
                return operation.IsPending || operation.Answer == state;
            case Write:
                next = operation.First;
                return true;
            default:
                var isSet = state == operation.First;
                next = isSet ? operation.Second : state;
                return operation.IsPending || isSet == (operation.Answer == 1);
        }
    }
}
