using System.Diagnostics;
using System.Text;

namespace Exchange.Rsm.Tidy.Tests;

/// <summary>Runs a command as a reader of the documentation would, and waits for its end.</summary>
internal static class Shell
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static (int ExitCode, string Output) Run(string folder, string file, params string[] arguments)
    {
        ProcessStartInfo start = new(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        Isolate(start);
        StringBuilder output = new();
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"{output}\nended after {Limit.TotalSeconds} s");
        }

        process.WaitForExit();
        lock (output)
            return (process.ExitCode, output.ToString());
    }

    private static void Append(StringBuilder output, string? line)
    {
        lock (output)
            output.AppendLine(line);
    }

    // A dotnet started from a test run inherits the settings of the outer build, and leaves servers behind that keep
    // its output open.
    private static void Isolate(ProcessStartInfo start)
    {
        foreach (string name in start.Environment.Keys.Where(IsFromOuterBuild).ToList())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
    }

    private static bool IsFromOuterBuild(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("CORECLR_PROFILER", StringComparison.OrdinalIgnoreCase);
}
