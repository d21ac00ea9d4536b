using System.Text.Json.Serialization;

namespace Heldar.Local.Smoke;

/// <summary>What smoke found: one JSON object.</summary>
internal sealed record SmokeReport
{
    /// <summary>Every stated bar holds; with CI=true the timings are left out.</summary>
    [JsonPropertyName("ok")]
    public bool Ok { get; init; }

    /// <summary>From the start of the first process until everything was healthy.</summary>
    [JsonPropertyName("up_seconds")]
    public double UpSeconds { get; init; }

    /// <summary>95th percentile of segment closed (last write of its file) until the search finds it, outside the outages.</summary>
    [JsonPropertyName("searchable_p95_ms")]
    public long SearchableP95Ms { get; init; }

    /// <summary>Segment files on the boxes' disks, each found by the search.</summary>
    [JsonPropertyName("segments")]
    public int Segments { get; init; }

    /// <summary>Frames that cameras sent and no file holds, outside the kill window.</summary>
    [JsonPropertyName("frames_lost")]
    public long FramesLost { get; init; }

    /// <summary>Kill instant minus the last frame that was recovered, the largest of the killed box's cameras.</summary>
    [JsonPropertyName("max_lost_ms")]
    public long MaxLostMs { get; init; }

    /// <summary>Kill instant until the first frame recorded after it, the largest of the killed box's cameras.</summary>
    [JsonPropertyName("down_ms")]
    public long DownMs { get; init; }

    /// <summary>Segments that the search returned twice, plus frames that two files hold.</summary>
    [JsonPropertyName("duplicates")]
    public long Duplicates { get; init; }

    /// <summary>What did not hold, in words; empty when all is well.</summary>
    [JsonPropertyName("problems")]
    public IReadOnlyList<string> Problems { get; init; } = [];
}
