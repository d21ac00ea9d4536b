using System.Diagnostics.Metrics;
using System.Text;

namespace Heldar.Edge.Metrics;

/// <summary>
/// Listens to the instruments of all rooms, of HTTP and of the runtime, from its making on, and writes them down as Prometheus text. Rooms own their
/// instruments and know nothing of it. Thread-safe.
/// </summary>
internal sealed class MetricsCollector : IDisposable
{
    private const string Rooms = "Heldar.Edge";
    private const string Http = "http.server.request.duration";
    private static readonly string[] HttpLabels = ["http.request.method", "http.route", "http.response.status_code"];
    private readonly Lock _lock = new();
    private readonly MeterListener _listener = new();
    private readonly List<MetricFamily> _families = [];
    private readonly object[] _scopes;

    /// <param name="scopes">Owners of meters that are not the process's own: only their instruments of a name are this box's.</param>
    public MetricsCollector(params object[] scopes)
    {
        _scopes = scopes;
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

    public void Dispose() => _listener.Dispose();

    private void Published(Instrument instrument, MeterListener listener)
    {
        var meter = instrument.Meter;
        var ours = meter.Name == Rooms || meter.Name.StartsWith(Rooms + ".", StringComparison.Ordinal) || instrument.Name == Http;
        if (!ours || (meter.Scope is { } scope && !_scopes.Contains(scope))) return;
        var family = new MetricFamily(instrument, instrument.Name == Http ? HttpLabels : null);
        lock (_lock) _families.Add(family);
        listener.EnableMeasurementEvents(instrument, family);
    }
}
