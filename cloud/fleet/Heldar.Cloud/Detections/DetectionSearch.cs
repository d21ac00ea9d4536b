using System.Text.Json;
using Heldar.Cloud.Events;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Detections;

/// <summary>Which detections: those that all of what is given is true for.</summary>
/// <param name="Labels">Frames with one of these labels.</param>
/// <param name="Tasks">Of these analyses.</param>
/// <param name="Confidence">Frames with a detection, of one of the labels if any are given, of at least this confidence, 0 to 1.</param>
public sealed record DetectionFilter(IReadOnlyList<string>? Labels = null, IReadOnlyList<string>? Tasks = null, double? Confidence = null);

/// <summary>Searches detections of one tenant, the newest first. Thread-safe.</summary>
public sealed class DetectionSearch(NpgsqlDataSource database)
{
    /// <summary>Where detections are.</summary>
    internal static readonly EventTable Table = new("detection", "e.box, e.task_type, e.frame_id, e.detections", "at", "event_id", "text");

    /// <summary>One page. Throws <see cref="ArgumentException"/> for a query or cursor that makes no sense.</summary>
    public async Task<DetectionsPage> PageAsync(EventQuery query, DetectionFilter filter, string? cursor, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var page = await EventPages.ReadAsync<Row>(database, Table, query, Filters(filter), cursor, limit, cancellation);
        return new(
            [.. page.Rows.Select(r => new DetectionItem(
                r.Id, r.Site, r.Camera, r.CameraName, r.Box, r.At, r.TaskType, JsonSerializer.Deserialize<IReadOnlyList<Detection>>(r.Detections, HeldarJson.Options)!, r.FrameId))],
            page.Cursor);
    }

    /// <summary>What a filter means in SQL.</summary>
    internal static IEnumerable<EventFilter> Filters(DetectionFilter filter)
    {
        if (filter.Labels is { Count: > 0 } labels) yield return new("e.labels && @labels", "labels", labels.ToArray());
        if (filter.Tasks is { Count: > 0 } tasks) yield return new("e.task_type = any(@tasks)", "tasks", tasks.ToArray());
        if (filter.Confidence is { } least)
        {
            var labelled = filter.Labels is { Count: > 0 } ? " and d ->> 'label' = any(@labels)" : "";
            yield return new($"exists (select 1 from jsonb_array_elements(e.detections) d where (d ->> 'confidence')::double precision >= @confidence{labelled})", "confidence", least);
        }
    }

    private sealed record Row : IEventRow
    {
        public Instant At { get; init; }

        public Guid Camera { get; init; }

        public string Id { get; init; } = "";

        public string Site { get; init; } = "";

        public string CameraName { get; init; } = "";

        public Guid Box { get; init; }

        public string TaskType { get; init; } = "";

        public string? FrameId { get; init; }

        public string Detections { get; init; } = "";
    }
}
