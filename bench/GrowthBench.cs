using System.Globalization;
using Exchange.Rsm.Bench.Streams;

namespace Exchange.Rsm.Bench;

/// <summary>How the cost of a message grows with the number of instruments, and with the orders that rest.</summary>
internal static class GrowthBench
{
    private const int Count = 300_000;
    private const int RestingFixed = 100_000;
    private static readonly int[] _instruments = [1, 10, 100, 1_000];
    private static readonly int[] _resting = [1_000, 10_000, 100_000, 1_000_000];

    public static void Run(int rounds, TextWriter output)
    {
        Table($"instruments, {RestingFixed:N0} orders resting over all", _instruments.Select(instruments =>
            new StreamShape(instruments, RestingFixed, Count)), shape => shape.Symbols, rounds, output);
        Table("orders resting, one instrument", _resting.Select(resting =>
            new StreamShape(1, resting, Count)), shape => shape.Resting, rounds, output);
    }

    private static void Table(
        string title, IEnumerable<StreamShape> shapes, Func<StreamShape, int> size, int rounds, TextWriter output)
    {
        output.WriteLine(title);
        output.WriteLine($"{"",12} {"book ns",9} {"x first",8} {"full ns",9} {"x first",8} {"load ns",9}");
        (double Book, double Full)? first = null;
        foreach (var shape in shapes)
        {
            var options = new MatchingOptions(Book: true, Full: true, Keyed: false, rounds);
            var bench = new MatchingBench(GeneratedStream.Make(shape), options, TextWriter.Null);
            bench.Run();
            var (book, full) = first ??= (bench.BookMedian, bench.FullMedian);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{size(shape),12:N0} {bench.BookMedian,9:F1} {bench.BookMedian / book,8:F2} "
                + $"{bench.FullMedian,9:F1} {bench.FullMedian / full,8:F2} {bench.LoadMedian,9:F1}"));
        }

        output.WriteLine();
    }
}
