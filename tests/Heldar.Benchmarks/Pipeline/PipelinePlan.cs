using System.Globalization;
using Heldar.Local.Cameras;

namespace Heldar.Benchmarks.Pipeline;

/// <summary>Sizes, times and bars of the pipeline bench.</summary>
internal sealed record PipelinePlan
{
    public const double SearchableBar = 2000;
    public const double CaptureBar = 5000;
    public const double MessagesBar = 0.7;

    /// <summary>Segment events in each synthetic batch: what a box of 64 cameras with segments of 30 s puts into one message when it flushes each second.</summary>
    public const int EventsPerMessage = 2;

    /// <summary>What the functions host works on at once: batchSize + newBatchThreshold of host.json.</summary>
    public const int Concurrency = 96;

    public int Cameras { get; init; } = 32;

    public int SegmentSeconds { get; init; } = 10;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(60);

    public int Rounds { get; init; } = 2;

    /// <summary>How long the queue is emptied in each round by each side, without the time to fill it.</summary>
    public TimeSpan Drained { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Messages of one filling; Azurite slows down with its backlog, sharply from 1,000.</summary>
    public int Messages { get; init; } = 600;

    /// <summary>The cameras: H.264, 720p, 25 frames per second, 2 Mb/s, keyframe every 2 s.</summary>
    public IReadOnlyList<CameraSpec> Specs =>
        [.. Enumerable.Range(0, Cameras).Select(n => new CameraSpec(string.Create(CultureInfo.InvariantCulture, $"cam{n:00}"), new FootageRecipe("h264", 720, 25, 2, 2000)))];

    public static PipelinePlan Of(bool quick) => quick
        ? new() { Cameras = 8, SegmentSeconds = 4, WarmUp = TimeSpan.FromSeconds(5), Measured = TimeSpan.FromSeconds(10), Rounds = 1, Drained = TimeSpan.FromSeconds(2) }
        : new();
}
