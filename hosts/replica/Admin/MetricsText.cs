using System.Globalization;
using System.Text;

namespace Exchange.Rsm.Hosts.Replica.Admin;

/// <summary>Writes metrics in the text format that Prometheus reads. Names of one kind come together.</summary>
internal sealed class MetricsText
{
    private readonly StringBuilder _text = new();
    private string _last = "";

    /// <summary>A figure that goes up and down.</summary>
    public void Gauge(string name, string help, double value, string labels = "") =>
        Add(name, help, "gauge", value, labels);

    /// <summary>A figure that only rises while the process lives.</summary>
    public void Counter(string name, string help, double value, string labels = "") =>
        Add(name, help, "counter", value, labels);

    /// <summary>How long something took, by upper bounds of powers of two.</summary>
    public void Histogram(string name, string help, Storage.LatencyHistogram histogram)
    {
        Head(name, help, "histogram");
        var seen = 0L;
        for (var bucket = 0; bucket < Storage.LatencyHistogram.Buckets; bucket++)
        {
            seen += histogram.CountOf(bucket);
            var bound = Number(Storage.LatencyHistogram.SecondsOf(bucket));
            _text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{bound}\"}} {seen}\n");
        }

        _text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"+Inf\"}} {seen}\n");
        _text.Append(CultureInfo.InvariantCulture, $"{name}_sum {Number(histogram.SumSeconds)}\n{name}_count {seen}\n");
    }

    public override string ToString() => _text.ToString();

    private void Add(string name, string help, string type, double value, string labels)
    {
        Head(name, help, type);
        _text.Append(name);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    private void Head(string name, string help, string type)
    {
        if (_last != name)
        {
            _last = name;
            _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        }
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
