using System.Text.Json;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Cameras;

/// <summary>One field of a camera that a change touched, by its name in the API. Of what is sealed only the name is told.</summary>
/// <param name="Field">For example <c>segment_seconds</c>.</param>
/// <param name="Was">What it was; null for nothing, for the box's own, or for what is sealed.</param>
/// <param name="Now">What it is.</param>
internal sealed record CameraChange(string Field, string? Was, string? Now)
{
    /// <summary>The fields that differ; of a new camera those that are not as usual.</summary>
    public static IReadOnlyList<CameraChange> Between(CameraConfig? before, CameraConfig after)
    {
        var was = before is null ? [] : Fields(before);
        return [.. Fields(after).Select((field, i) => (field, Old: before is null ? default : was[i])).Where(f => f.field.Value != f.Old.Value)
            .Select(f => f.field.IsSealed ? new CameraChange(f.field.Name, null, null) : new CameraChange(f.field.Name, f.Old.Value, f.field.Value))];
    }

    private static IReadOnlyList<(string Name, string? Value, bool IsSealed)> Fields(CameraConfig c) =>
    [
        ("name", c.Name, false),
        ("main_stream_url", c.Url, true),
        ("username", c.Username, true),
        ("password", c.SealedPassword, true),
        ("certificate_sha256", c.Certificate, false),
        ("enabled", Text(c.Enabled), false),
        ("record_audio", Text(c.Audio), false),
        ("clock", c.CameraClock ? "camera" : "box", false),
        ("segment_seconds", Text(c.SegmentSeconds), false),
        ("record_mode", RecordModes.Word(c.Mode), false),
        ("pre_roll_seconds", Text(c.PreRollSeconds), false),
        ("post_roll_seconds", Text(c.PostRollSeconds), false),
        ("anr_enabled", Text(c.Anr), false),
        ("anr_replay_url_template", c.SealedReplayUrl, true),
        ("events", c.SealedEvents, true),
        ("retention_hours", Text(c.RetentionHours), false),
        ("storage_quota_bytes", Text(c.QuotaBytes), false),
        ("mirror_enabled", Text(c.Mirror), false),
        ("owner", Text(c.Owner), false),
    ];

    private static string? Text<T>(T value) => value is null ? null : JsonSerializer.Serialize(value, Api.BoxJson.Options).Trim('"');
}
