namespace Exchange.Rsm.Contracts.Trading;

/// <summary>Why a text is refused. Nothing is folded, trimmed, rounded or guessed.</summary>
public enum TextError : byte
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>No characters.</summary>
    Empty = 1,

    /// <summary>More characters than the longest value has.</summary>
    TooLong = 2,

    /// <summary>A character that does not belong there: lower case, space, exponent, separator.</summary>
    Character = 3,

    /// <summary>Parts are missing: a digit beside the point, or one inner hyphen of a symbol.</summary>
    Form = 4,

    /// <summary>A second way to write a value that has one: a leading zero, minus zero.</summary>
    NotCanonical = 5,

    /// <summary>More digits after the point than the scale has; not rounded, even where they are zero.</summary>
    Digits = 6,

    /// <summary>Not a whole number of ticks or lots.</summary>
    Step = 7,

    /// <summary>Beyond the largest value, or negative where none may be.</summary>
    Range = 8,
}
