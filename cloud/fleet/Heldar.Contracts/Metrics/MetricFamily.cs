using System.Diagnostics.Metrics;
using System.Text;

namespace Heldar.Contracts.Metrics;

/// <summary>
/// One instrument with its series. Labels are bounded: beyond <see cref="MaxSeries"/> combinations nothing more is kept, only counted. Recording takes no
/// lock for a combination that is known.
/// </summary>
internal sealed class MetricFamily
{
    /// <summary>Most combinations of label values of one instrument: every camera of the largest box, and room for causes.</summary>
    public const int MaxSeries = 2048;

    private static readonly double[] UsualBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private readonly Lock _lock = new();
    private readonly Instrument _instrument;
    private readonly string[]? _kept;
    private readonly double[] _bounds;
    private readonly string _type;
    private volatile MetricSeries[] _series = [];
    private long _refused;

    /// <param name="instrument">What records.</param>
    /// <param name="kept">The only tags that become labels; null for all.</param>
    public MetricFamily(Instrument instrument, string[]? kept)
    {
        (_instrument, _kept) = (instrument, kept);
        _bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? UsualBounds;
        _type = instrument.GetType().GetGenericTypeDefinition() switch
        {
            var t when t == typeof(Counter<>) || t == typeof(ObservableCounter<>) => "counter",
            var t when t == typeof(Histogram<>) => "histogram",
            _ => "gauge",
        };
        Name = PrometheusText.NameOf(instrument, _type == "counter");
        // A gauge that clients know under a counter's name.
        if (_type == "gauge" && Name.EndsWith("_total", StringComparison.Ordinal)) _type = "untyped";
    }

    public string Name { get; }

    /// <summary>Measurements that had no room.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = Find(_series, tags) ?? Make(tags);
        if (series is null)
        {
            Interlocked.Increment(ref _refused);
            return;
        }

        series.Fresh = true;
        series.Record(value);
    }

    /// <summary>Observed instruments say all that there is with each collection: what is not said again is gone.</summary>
    public void BeginCollection()
    {
        if (!_instrument.IsObservable) return;
        foreach (var series in _series) series.Fresh = false;
    }

    public void Write(StringBuilder text)
    {
        if (_instrument.IsObservable)
        {
            lock (_lock)
                if (_series.Any(s => !s.Fresh)) _series = [.. _series.Where(s => s.Fresh)];
        }

        var all = _series;
        if (all.Length == 0) return;
        text.Append("# HELP ").Append(Name).Append(' ').Append(PrometheusText.Help(_instrument.Description ?? _instrument.Name)).Append('\n');
        text.Append("# TYPE ").Append(Name).Append(' ').Append(_type).Append('\n');
        foreach (var series in all) series.Write(text, Name);
    }

    private MetricSeries? Find(MetricSeries[] all, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var series in all)
            if (Fits(series.Values, tags)) return series;
        return null;
    }

    private bool Fits(object?[] values, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_kept is null)
        {
            if (values.Length != tags.Length) return false;
            for (var i = 0; i < values.Length; i++)
                if (!Equals(values[i], tags[i].Value)) return false;
            return true;
        }

        for (var i = 0; i < _kept.Length; i++)
            if (!Equals(values[i], ValueOf(_kept[i], tags))) return false;
        return true;
    }

    private MetricSeries? Make(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
        {
            if (Find(_series, tags) is { } made) return made;
            if (_series.Length >= MaxSeries) return null;
            var names = new string[_kept?.Length ?? tags.Length];
            var values = new object?[names.Length];
            for (var i = 0; i < names.Length; i++)
                (names[i], values[i]) = _kept is null ? (tags[i].Key, tags[i].Value) : (_kept[i], ValueOf(_kept[i], tags));
            var labels = PrometheusText.Labels(names, values);
            MetricSeries fresh = _type == "histogram" ? new HistogramSeries(values, labels, _bounds)
                : _instrument.IsObservable || _type != "counter" && _instrument.GetType().GetGenericTypeDefinition() == typeof(Gauge<>) ? new LastSeries(values, labels)
                : new SumSeries(values, labels);
            _series = [.. _series, fresh];
            return fresh;
        }
    }

    private static object? ValueOf(string key, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
            if (tag.Key == key) return tag.Value;
        return null;
    }
}
