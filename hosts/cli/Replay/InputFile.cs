using System.ComponentModel;
using System.Diagnostics;

namespace Exchange.Rsm.Hosts.Cli.Replay;

/// <summary>What is wrong with a file or its content, in words for whoever gave it.</summary>
public sealed class InputException(string message) : Exception(message);

/// <summary>Reads recorded streams, whole; those ending in .xz through the xz program.</summary>
public static class InputFile
{
    private const string CompressedEnding = ".xz";

    /// <summary>The file's bytes, decompressed.</summary>
    /// <exception cref="InputException">It is absent, unreadable or damaged, or xz is not installed.</exception>
    public static byte[] Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"{path}: no such file. Check the path.");
        }

        try
        {
            return PlainName(path) == path ? File.ReadAllBytes(path) : Decompress(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {exception.Message}");
        }
    }

    /// <summary>The path without the ending of a compressed file.</summary>
    public static string PlainName(string path) =>
        path.EndsWith(CompressedEnding, StringComparison.Ordinal) ? path[..^CompressedEnding.Length] : path;

    private static byte[] Decompress(string path)
    {
        var start = new ProcessStartInfo("xz")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "-dc", "--", path },
        };
        using var process = Start(start, path);
        var complaint = process.StandardError.ReadToEndAsync();
        using var content = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(content);
        process.WaitForExit();
        return process.ExitCode == 0
            ? content.ToArray()
            : throw new InputException($"{path}: xz cannot decompress it: {complaint.Result.Trim()}");
    }

    private static Process Start(ProcessStartInfo start, string path)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new InputException(
                $"{path}: the program xz is needed and not found. Install the package xz-utils, "
                + "or decompress the file first.");
        }
    }
}
