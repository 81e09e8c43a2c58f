namespace Exchange.Rsm.Replication.Journal;

/// <summary>What a read of the journal gave.</summary>
public enum JournalAnswer : byte
{
    /// <summary>Some records.</summary>
    Records = 0,

    /// <summary>Nothing newer is here yet.</summary>
    AtEnd = 1,

    /// <summary>A disk is being read: ask for the same again.</summary>
    Later = 2,

    /// <summary>`JOURNAL_GAP`: it was dropped, or it is missing here; a peer may have it.</summary>
    Gap = 3,

    /// <summary>The first record does not fit; <see cref="JournalRead.Needed"/> says what would.</summary>
    TooLong = 4,

    /// <summary>The disk failed.</summary>
    Failed = 5,

    /// <summary>The member stands aside: its state may not be the majority's. Another one is asked.</summary>
    Aside = 6,
}

/// <summary>What was read.</summary>
/// <param name="Answer">Whether anything was.</param>
/// <param name="Count">Records.</param>
/// <param name="Length">Bytes of them.</param>
/// <param name="Needed">Bytes that the first record needs, with <see cref="JournalAnswer.TooLong"/>.</param>
public readonly record struct JournalRead(JournalAnswer Answer, int Count, int Length, int Needed)
{
    internal static JournalRead Of(JournalAnswer answer) => new(answer, Count: 0, Length: 0, Needed: 0);
}
