using System.Text.Json;
using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>
/// Data of <c>heldar.detection.v1</c>: what one analysis saw in one frame. One event per frame, so that a repeat of the frame is a repeat of the event.
/// </summary>
public sealed record DetectionData
{
    /// <summary>Most detections in one frame.</summary>
    public const int MaxDetections = 1000;

    public required Guid Camera { get; init; }

    /// <summary>What looked at the frame, for example <c>object_detection</c>; 1 to 64 characters.</summary>
    public required string TaskType { get; init; }

    /// <summary>When the frame was captured.</summary>
    public required Instant Timestamp { get; init; }

    /// <summary>Names the frame within the camera, 1 to 128 characters; absent when the analysis does not say.</summary>
    public string? FrameId { get; init; }

    /// <summary>1 to <see cref="MaxDetections"/>.</summary>
    public required IReadOnlyList<Detection> Detections { get; init; }

    /// <summary>Why the data makes no sense, or null.</summary>
    public string? Mistake()
    {
        if (!EventRules.IsText(TaskType, 64) || !EventRules.IsTextOrNull(FrameId, 128)) return "taskType or frameId is out of range";
        if (!EventRules.IsTime(Timestamp)) return "timestamp is out of range";
        if (Detections.Count is 0 or > MaxDetections) return $"a frame has 1 to {MaxDetections} detections";
        return Detections.Select(d => d is null ? "a detection is null" : d.Mistake()).FirstOrDefault(m => m is not null);
    }
}

/// <summary>One thing in a frame.</summary>
/// <param name="Label">What it is, for example <c>person</c>; 1 to 64 characters.</param>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Bbox">Left, top, width and height as fractions of the picture, 0 to 1; absent for the whole picture.</param>
/// <param name="TrackId">Same thing over several frames; 1 to 64 characters.</param>
/// <param name="Attributes">JSON object of whatever else is known, at most <see cref="MaxAttributes"/> characters.</param>
public sealed record Detection(string Label, double Confidence, IReadOnlyList<double>? Bbox = null, string? TrackId = null, JsonElement? Attributes = null)
{
    public const int MaxAttributes = 4096;

    /// <summary>Room for the rounding of whoever computed the fractions.</summary>
    private const double Slack = 0.001;

    /// <summary>Why it makes no sense, or null.</summary>
    public string? Mistake()
    {
        if (!EventRules.IsText(Label, 64) || !EventRules.IsTextOrNull(TrackId, 64)) return "label or trackId is out of range";
        if (Confidence is not (>= 0 and <= 1)) return "confidence is 0 to 1";
        if (Bbox is not null && !(Bbox is [>= 0 and <= 1, >= 0 and <= 1, > 0 and <= 1, > 0 and <= 1] && Bbox[0] + Bbox[2] <= 1 + Slack && Bbox[1] + Bbox[3] <= 1 + Slack))
            return "bbox is [left, top, width, height] within 0 to 1";
        return Attributes is { } more && !EventRules.IsObject(more, MaxAttributes) ? $"attributes is a JSON object of at most {MaxAttributes} characters" : null;
    }
}
