using System.CommandLine;
using System.Globalization;
using System.Text;
using Exchange.Rsm.Contracts.Trading;
using Exchange.Rsm.Hosts.Cli.Output;
using Exchange.Rsm.Hosts.Client;

namespace Exchange.Rsm.Hosts.Cli.Online;

/// <summary>
/// What goes with a write: its key, and for staff's writes a ticket and a reason. The ticket travels in the command's
/// correlation and so stands in the log and in every event; the reason is printed beside the result.
/// </summary>
internal static class WriteOptions
{
    private const int TicketLengthMax = 16;

    private static readonly Option<string?> _key = new("--key")
    {
        Description = "The command's key, hexadecimal: the same key again is done once. Otherwise drawn at random.",
        HelpName = "HEX",
    };

    private static readonly Option<string> _ticket = new("--ticket")
    {
        Description = "What asked for it: 1 to 16 printable characters, kept in the log with the command.",
        HelpName = "ID",
        Required = true,
    };

    private static readonly Option<string> _reason = new("--reason")
    {
        Description = "Why it is done.",
        HelpName = "TEXT",
        Required = true,
    };

    /// <summary>Gives a trader's write its options.</summary>
    public static Command OfTrader(Command command)
    {
        command.Options.Add(_key);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_key) is { } key && KeyOf(key) == 0)
            {
                result.AddError("--key takes up to 32 hexadecimal digits, not all zero.");
            }
        });
        return command;
    }

    /// <summary>Gives a write of those who run the exchange its options.</summary>
    public static Command OfStaff(Command command)
    {
        OfTrader(command);
        command.Options.Add(_ticket);
        command.Options.Add(_reason);
        command.Validators.Add(result =>
        {
            var ticket = result.GetValue(_ticket);
            if (ticket is not null
                && (ticket.Length is < 1 or > TicketLengthMax || ticket.Any(letter => letter is <= ' ' or > '~')))
            {
                result.AddError("--ticket takes 1 to 16 printable characters without spaces.");
            }

            if (result.GetValue(_reason) is { } reason && string.IsNullOrWhiteSpace(reason))
            {
                result.AddError("--reason must say something.");
            }
        });
        return command;
    }

    /// <summary>Sends a command and prints its result.</summary>
    /// <returns>1 where it is refused.</returns>
    public static async Task<int> SendAsync(
        ParseResult parsed, ClusterDesk desk, byte[] command, CancellationToken cancellation)
    {
        var isStaff = parsed.CommandResult.Command.Options.Contains(_ticket);
        if (isStaff)
        {
            ClientCommand.HeaderOf(command).Correlation = TicketOf(parsed.GetRequiredValue(_ticket));
        }

        var key = parsed.GetValue(_key) is { } text ? KeyOf(text) : 0;
        var (row, result) = await desk.SendAsync(command, key, cancellation);
        if (isStaff)
        {
            row["ticket"] = parsed.GetRequiredValue(_ticket);
            row["reason"] = parsed.GetRequiredValue(_reason);
        }

        var printer = new Printer(parsed);
        printer.Row(row);
        printer.End();
        return result.Code == RejectCode.None ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>A ticket as a correlation: its characters, the first lowest.</summary>
    public static UInt128 TicketOf(string ticket)
    {
        UInt128 packed = 0;
        var bytes = Encoding.ASCII.GetBytes(ticket);
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            packed = (packed << 8) | bytes[i];
        }

        return packed;
    }

    private static UInt128 KeyOf(string text) =>
        UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key) ? key : 0;
}
