using Heldar.Edge.Secrets;

namespace Heldar.Edge.Settings;

/// <summary>Where traces and metrics are sent.</summary>
/// <param name="Endpoint">Base address of an OTLP/HTTP collector, such as http://127.0.0.1:4318.</param>
/// <param name="Authorization">Value of the header Authorization, or null.</param>
/// <param name="MetricSeconds">Seconds between two exports of metrics, 1 to 3600, default 30. Shorter costs messages.</param>
internal sealed record TelemetrySettings(Uri Endpoint, Secret? Authorization, int MetricSeconds);

/// <summary>How log lines look.</summary>
internal enum LogForm
{
    /// <summary>For people: time, level, room, event id, message.</summary>
    Text,

    /// <summary>One JSON object a line, with event id, values and scopes.</summary>
    Json,
}
