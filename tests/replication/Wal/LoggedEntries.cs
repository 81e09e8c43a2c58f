namespace Exchange.Rsm.Replication.Tests.Wal;

/// <summary>Compares what was given to a log with what is read from it.</summary>
internal static class LoggedEntries
{
    public static void AssertSame(IReadOnlyList<LoggedEntry> expected, IReadOnlyList<LoggedEntry> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.True(LogDriver.Same(expected[i], actual[i]), $"entry {expected[i].Index} differs");
        }
    }
}
