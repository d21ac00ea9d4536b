using System.Text.Json;

namespace Heldar.Local.Capacity;

/// <summary>Results as a table for people or as JSON lines for programs.</summary>
internal static class CapacityReport
{
    private static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The sizes that are shown when none is asked for.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [100, 1000, 10_000];

    /// <summary>Both profiles, s of flush.</summary>
    public static IReadOnlyList<(string Name, double FlushSeconds)> Profiles { get; } = [("normal", 1), ("economy", 10)];

    /// <summary>One JSON object per result.</summary>
    public static string Json(string profile, CapacityResult result, Prices prices) => JsonSerializer.Serialize(
        new
        {
            Capacity = result.Input.Boxes,
            Profile = profile,
            result.Input.Cameras,
            MessagesPerSecond = Math.Round(result.MessagesPerSecond, 2),
            result.Shards,
            result.Instances,
            result.FleetReplicas,
            LatencyP50Seconds = Math.Round(result.LatencyP50Seconds, 2),
            LatencyP95Seconds = Math.Round(result.LatencyP95Seconds, 2),
            Rates = new
            {
                QueueRequestsPerSecond = Math.Round(result.Rates.QueueRequests, 2),
                BlobWritesPerSecond = Math.Round(result.Rates.BlobWrites, 3),
                ExecutionsPerSecond = Math.Round(result.Rates.Executions, 2),
                DatabaseWritesPerSecond = Math.Round(result.Rates.DatabaseWrites, 2),
                OutgoingBytesPerSecond = Math.Round(result.Rates.OutgoingBytes),
            },
            Database = result.Database?.Name,
            DatabaseGb = Math.Round(result.DatabaseGb, 1),
            ManifestGb = Math.Round(result.ManifestGb, 1),
            BoxTb = Math.Round(result.BoxTb, 2),
            CostPerMonth = Math.Round(result.Cost.Total, 2),
            CostPerCameraMonth = Math.Round(result.CostPerCameraMonth, 4),
            Cost = new
            {
                Queues = Math.Round(result.Cost.Queues, 2),
                Blobs = Math.Round(result.Cost.Blobs, 2),
                Functions = Math.Round(result.Cost.Functions, 2),
                Database = Math.Round(result.Cost.Database, 2),
                Fleet = Math.Round(result.Cost.Fleet, 2),
                Outgoing = Math.Round(result.Cost.Outgoing, 2),
            },
            prices.Currency,
            PricesOf = prices.Date,
            PricesAre = "assumptions",
            Queues = result.Queues.Select(q => new { q.Queue, EventsPerSecond = Math.Round(q.EventsPerSecond, 3), MessagesPerSecond = Math.Round(q.MessagesPerSecond, 3), q.Instances }),
            result.Obstacles,
        },
        Line);

    /// <summary>Heads of the table's columns.</summary>
    public static IReadOnlyList<string> Heads(Prices prices) =>
        ["boxes", "profile", "messages/s", "commits/s", "shards", "instances", "p50 / p95 s", "database", "index GB", "manifests GB", "TB per box", $"{prices.Currency} per month", "per camera"];

    /// <summary>One row of the table.</summary>
    public static IReadOnlyList<string> Row(string profile, CapacityResult result) =>
    [
        Text($"{result.Input.Boxes:#,0}"), profile, Text($"{result.MessagesPerSecond:#,0.0}"), Text($"{result.Rates.DatabaseWrites:#,0.0}"), Text($"{result.Shards}"), Text($"{result.Instances}"), Text($"{result.LatencyP50Seconds:0.0} / {result.LatencyP95Seconds:0.0}"),
        result.Database?.Name ?? "none", Text($"{result.DatabaseGb:#,0.0}"), Text($"{result.ManifestGb:#,0.0}"), Text($"{result.BoxTb:0.0}"), Text($"{result.Cost.Total:#,0}"), Text($"{result.CostPerCameraMonth:0.000}"),
    ];

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
