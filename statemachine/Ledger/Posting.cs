using Exchange.Rsm.Contracts.Trading;

namespace Exchange.Rsm.StateMachine.Ledger;

/// <summary>One leg of a journal entry.</summary>
/// <param name="Account">The account that changes.</param>
/// <param name="Order">
/// The order whose hold changes; zero unless the account is <see cref="LedgerAccountKind.Held"/>.
/// </param>
/// <param name="Amount">
/// Minor units, never zero. Positive is a credit, negative a debit: the legs of an asset sum to zero.
/// </param>
public readonly record struct Posting(LedgerAccount Account, OrderId Order, Amount Amount);
