using System.Globalization;
using System.Text;

namespace Heldar.Contracts.Metrics;

/// <summary>One line, or for a histogram one block of lines, of the exposition. Recorded by any thread without a lock and without an allocation.</summary>
internal abstract class MetricSeries(object?[] values, string labels)
{
    /// <summary>Values of the tags, in the order in which they are recorded.</summary>
    public object?[] Values => values;

    /// <summary>Escaped labels without braces; empty for none.</summary>
    protected string Labels => labels;

    /// <summary>Whether it was recorded since the last collection; only looked at for instruments that are observed.</summary>
    public bool Fresh { get; set; } = true;

    public abstract void Record(double value);

    public abstract void Write(StringBuilder text, string name);

    protected static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    protected static void Line(StringBuilder text, string name, string labels, string value) =>
        text.Append(name).Append(labels.Length == 0 ? "" : "{" + labels + "}").Append(' ').Append(value).Append('\n');

    /// <summary>Adds to a double that several threads add to.</summary>
    protected static void Add(ref double place, double value)
    {
        var seen = Volatile.Read(ref place);
        while (true)
        {
            var was = Interlocked.CompareExchange(ref place, seen + value, seen);
            if (was.Equals(seen)) return;
            seen = was;
        }
    }
}

/// <summary>A value that is added to.</summary>
internal sealed class SumSeries(object?[] values, string labels) : MetricSeries(values, labels)
{
    private double _sum;

    public override void Record(double value) => Add(ref _sum, value);

    public override void Write(StringBuilder text, string name) => Line(text, name, Labels, Number(Volatile.Read(ref _sum)));
}

/// <summary>A value that is replaced.</summary>
internal sealed class LastSeries(object?[] values, string labels) : MetricSeries(values, labels)
{
    private double _last;

    public override void Record(double value) => Volatile.Write(ref _last, value);

    public override void Write(StringBuilder text, string name) => Line(text, name, Labels, Number(Volatile.Read(ref _last)));
}

/// <summary>Counts by size, with sum.</summary>
internal sealed class HistogramSeries(object?[] values, string labels, double[] bounds) : MetricSeries(values, labels)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    public override void Record(double value)
    {
        var i = 0;
        while (i < bounds.Length && value > bounds[i]) i++;
        Interlocked.Increment(ref _counts[i]);
        Add(ref _sum, value);
    }

    public override void Write(StringBuilder text, string name)
    {
        var count = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            count += Interlocked.Read(ref _counts[i]);
            var bound = $"le=\"{Number(i < bounds.Length ? bounds[i] : double.PositiveInfinity)}\"";
            Line(text, name + "_bucket", Labels.Length == 0 ? bound : Labels + "," + bound, count.ToString(CultureInfo.InvariantCulture));
        }

        Line(text, name + "_sum", Labels, Number(Volatile.Read(ref _sum)));
        Line(text, name + "_count", Labels, count.ToString(CultureInfo.InvariantCulture));
    }
}
