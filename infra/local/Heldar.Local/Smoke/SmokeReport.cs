using System.Text.Json;
using System.Text.Json.Serialization;

namespace Heldar.Local.Smoke;

/// <summary>What smoke found: one JSON object with names in snake_case.</summary>
internal sealed record SmokeReport
{
    private static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly JsonSerializerOptions Indented = new(Line) { WriteIndented = true };

    /// <summary>The defect that was put in; absent in a real run.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Fault { get; init; }

    /// <summary>Every stated bar holds; with CI=true the timings are left out.</summary>
    public bool Ok { get; init; }

    /// <summary>From the start of the first process until everything was healthy.</summary>
    public double UpSeconds { get; init; }

    /// <summary>95th percentile of segment closed (last write of its file) until the search finds it, outside the outages; null when nothing was timed.</summary>
    public long? SearchableP95Ms { get; init; }

    /// <summary>Segment files on the boxes' disks, each found by the search.</summary>
    public int Segments { get; init; }

    /// <summary>Frames that cameras sent and no file holds, outside the kill window.</summary>
    public long FramesLost { get; init; }

    /// <summary>Kill instant minus the last frame that was recovered, the largest of the killed box's cameras.</summary>
    public long MaxLostMs { get; init; }

    /// <summary>Kill instant until the first frame recorded after it, the largest of the killed box's cameras.</summary>
    public long DownMs { get; init; }

    /// <summary>Segments that the search returned twice, plus frames that two files hold.</summary>
    public long Duplicates { get; init; }

    /// <summary>What did not hold, in words; empty when all is well.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>The object: on one line for programs, indented for people.</summary>
    public string ToJson(bool indented) => JsonSerializer.Serialize(this, indented ? Indented : Line);
}
