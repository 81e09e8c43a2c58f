using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Exchange.Rsm.Contracts.Log;

/// <summary>
/// The third kind of wrong: we are. Always on; a violation stops the replica, because going on would fork it.
/// </summary>
public static class Invariant
{
    /// <summary>Stops where the condition does not hold.</summary>
    /// <param name="condition">What must be true.</param>
    /// <param name="expression">Filled in by the compiler.</param>
    /// <exception cref="InvariantViolationException">The condition is false.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        if (!condition)
        {
            Violated(expression);
        }
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Violated(string expression) => throw new InvariantViolationException(expression);
}

/// <summary>An invariant does not hold. Nothing in the cores catches it.</summary>
/// <param name="expression">The condition, as written.</param>
public sealed class InvariantViolationException(string expression)
    : InvalidOperationException("Invariant violated: " + expression);
