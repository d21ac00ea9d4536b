using System.Diagnostics.Metrics;
using System.Text;

namespace Heldar.Contracts.Metrics;

/// <summary>
/// Listens to the instruments of a program's rooms and of its HTTP server, from its making on, and writes them down as Prometheus text. Rooms own their
/// instruments and know nothing of it: what every program measures is said in one form. Thread-safe.
/// </summary>
public sealed class MetricsCollector : IDisposable
{
    /// <summary>Media type of what <see cref="Write"/> says.</summary>
    public const string ContentType = PrometheusText.ContentType;

    /// <summary>Most combinations of label values that are kept of one instrument.</summary>
    public const int MaxSeries = MetricFamily.MaxSeries;

    private const string Http = "http.server.request.duration";
    private static readonly string[] HttpLabels = ["http.request.method", "http.route", "http.response.status_code"];
    private readonly Lock _lock = new();
    private readonly MeterListener _listener = new();
    private readonly List<MetricFamily> _families = [];
    private readonly IReadOnlyList<string> _rooms;
    private readonly object[] _scopes;

    /// <param name="rooms">Namespaces whose meters are listened to: a meter's name is one of them, or lies below it.</param>
    /// <param name="scopes">Owners of meters that are not the process's own: only their instruments are this program's.</param>
    public MetricsCollector(IReadOnlyList<string> rooms, params object[] scopes)
    {
        (_rooms, _scopes) = (rooms, scopes);
        _listener.InstrumentPublished = Published;
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything that was measured so far, ordered by name.</summary>
    public string Write()
    {
        lock (_lock)
        {
            foreach (var family in _families) family.BeginCollection();
            _listener.RecordObservableInstruments();
            var text = new StringBuilder(16 * 1024);
            foreach (var family in _families.OrderBy(f => f.Name, StringComparer.Ordinal)) family.Write(text);
            const string Refused = "heldar_metrics_refused_total";
            text.Append($"# HELP {Refused} Measurements that were not kept, because their instrument has too many combinations of labels.\n# TYPE {Refused} counter\n");
            text.Append(Refused).Append(' ').Append(_families.Sum(f => f.Refused)).Append('\n');
            return text.ToString();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Published(Instrument instrument, MeterListener listener)
    {
        var meter = instrument.Meter;
        var ours = instrument.Name == Http || _rooms.Any(r => meter.Name == r || meter.Name.StartsWith(r + ".", StringComparison.Ordinal));
        if (!ours || (meter.Scope is { } scope && !_scopes.Contains(scope))) return;
        var family = new MetricFamily(instrument, instrument.Name == Http ? HttpLabels : null);
        lock (_lock) _families.Add(family);
        listener.EnableMeasurementEvents(instrument, family);
    }
}
