using System.Globalization;

namespace Exchange.Rsm.Hosts.Replica.Node;

/// <summary>What an operator reads: one line for each thing that happened, with its time. Never a secret.</summary>
internal sealed class LogLines(TextWriter output, uint member)
{
    private readonly Lock _lock = new();

    public void Write(string text)
    {
        var time = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        lock (_lock)
        {
            output.WriteLine($"{time} member={member} {text}");
            output.Flush();
        }
    }
}
