using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>A request to reverse a journal entry.</summary>
/// <param name="Reference">
/// Names the reason, not zero. It is the request's idempotency key, and the reference of the adjustments that carry
/// it out.
/// </param>
/// <param name="User">Who asks.</param>
/// <param name="Approver">Who approved: another user.</param>
public readonly record struct Reversal(UInt128 Reference, UserId User, UserId Approver);
