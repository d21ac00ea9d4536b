using System.Globalization;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;

namespace Heldar.Local.FleetSim;

/// <summary>
/// One thing that the index says, or has to say. Both sides are written as text in the same way, from the log's data here and from the database's columns in
/// <see cref="IndexFacts"/>, and by nothing that the product uses.
/// </summary>
/// <param name="Key">Kind and subject.</param>
/// <param name="Version">Revision, or boot × 1,000,000,000 + seq; 1 where nothing is newer.</param>
/// <param name="Print">Everything else.</param>
internal sealed record IndexFact(string Key, long Version, string Print)
{
    /// <summary><see cref="Place"/> of what was folded.</summary>
    public const string Folded = "span";

    /// <summary>
    /// Where the index has it. A segment may stand in landing and, until the next fold, in its hour's span as well: a search reads both as one. Twice in one place is
    /// twice.
    /// </summary>
    public string Place { get; init; } = "";

    /// <summary>What an event of the log makes the index say.</summary>
    public static IndexFact Expected(SimLine line)
    {
        using JsonDocument json = JsonDocument.Parse(line.Data!);
        JsonElement d = json.RootElement;
        Guid? camera = line.Camera;
        return line.Type switch
        {
            EventTypes.SegmentClosed or EventTypes.SegmentRevised => new(
                $"segment/{camera}/{Text(d, "segment")}", d.GetProperty("revision").GetInt64(),
                Join(line.Box, Ms(d, "start"), Ms(d, "end"), Raw(d, "bytes"), Raw(d, "frames"), Text(d, "sha256"), Text(d, "root"), Text(d, "codec"), Text(d, "reason"))),
            EventTypes.FootageDeleted => new($"tombstone/{camera}/{line.Event}", 1, Join(Ms(d, "from"), Ms(d, "to"), Text(d, "reason"), Raw(d, "count"), Raw(d, "bytes"))),
            EventTypes.Gap => new($"gap/{camera}/{Text(d, "gap")}", d.GetProperty("revision").GetInt64(), Join(line.Box, Ms(d, "start"), Ms(d, "end"), Text(d, "cause"), Text(d, "detail"))),
            EventTypes.Detection => new($"detection/{camera}/{line.Event}", 1, Join(line.Box, Ms(d, "timestamp"), Text(d, "taskType"), Text(d, "frameId"), Seen(d.GetProperty("detections")))),
            EventTypes.Zone => new(
                $"zone/{camera}/{line.Event}", 1,
                Join(line.Box, Ms(d, "timestamp"), Text(d, "zone"), Text(d, "name"), Text(d, "event"), Text(d, "trackId"), Text(d, "label"), Number(d.GetProperty("confidence").GetDouble()), Text(d, "severity"), Raw(d, "dwellMs"))),
            EventTypes.SnapshotTaken => new(
                $"snapshot/{camera}/{line.Event}", 1, Join(line.Box, Ms(d, "takenAt"), Raw(d, "bytes"), Raw(d, "width"), Raw(d, "height"), Text(d, "sha256"), Text(d, "reason"))),
            EventTypes.HoldApplied => new($"hold/{camera}/{Text(d, "hold")}", 1, Join(line.Box, Ms(d, "from"), Ms(d, "to"), Text(d, "reason"), Text(d, "owner"), Text(d, "case"))),
            EventTypes.HoldReleased => new($"hold-end/{camera}/{Text(d, "holdId")}", 1, Join(Ms(d, "releasedAt"), Text(d, "releasedBy"), Text(d, "reason"))),
            EventTypes.CameraState => new($"state/{camera}", Order(d), Join(line.Box, Text(d, "condition"), Text(d, "cause"), Ms(d, "since"))),
            EventTypes.BoxStatus => new($"status/{line.Box}", Order(d), Join(Raw(d, "diskFreeBytes"), Raw(d, "diskTotalBytes"))),
            EventTypes.BoxDescribed => new($"described/{line.Box}", Order(d), Join(Text(d, "name"), Text(d, "version"))),
            _ => throw new InvalidDataException($"the log has an event of type {line.Type}, which the judge does not know"),
        };
    }

    /// <summary>How far the newest status says that a box's cameras are recorded, and how its newest description names them.</summary>
    public static IEnumerable<IndexFact> ExpectedOfCameras(SimLine line)
    {
        using JsonDocument json = JsonDocument.Parse(line.Data!);
        JsonElement d = json.RootElement;
        return line.Type switch
        {
            EventTypes.BoxStatus => [.. d.GetProperty("cameras").EnumerateArray().Select(c =>
                new IndexFact($"progress/{Text(c, "camera")}", Order(d), Join(line.Box, Text(c, "condition"), Ms(c, "recordedSince"), Ms(c, "recordedThrough"))))],
            EventTypes.BoxDescribed => [.. d.GetProperty("cameras").EnumerateArray().Select(c =>
                new IndexFact($"camera/{Text(c, "camera")}", 1, Join(line.Box, Text(c, "slug"), Text(c, "name"), Raw(c, "width"), Raw(c, "height"), Text(c, "codec"))))],
            _ => [],
        };
    }

    /// <summary>The fields of a print, absent ones as nothing.</summary>
    public static string Join(params IReadOnlyList<object?> parts) => string.Join('|', parts.Select(p => p is null ? "" : Convert.ToString(p, CultureInfo.InvariantCulture)));

    /// <summary>Detections as the database's JSON and the log's both give them.</summary>
    public static string Seen(JsonElement detections)
    {
        var text = new StringBuilder();
        foreach (JsonElement one in detections.EnumerateArray())
            text.Append(Text(one, "label")).Append(' ').Append(Number(one.GetProperty("confidence").GetDouble())).Append(' ').Append(Text(one, "trackId"))
                .Append(' ').AppendJoin(',', one.GetProperty("bbox").EnumerateArray().Select(v => Number(v.GetDouble()))).Append(';');
        return text.ToString();
    }

    public static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static long Order(JsonElement data) => (data.GetProperty("bootSeq").GetInt64() * 1_000_000_000) + data.GetProperty("seq").GetInt64();

    private static string? Text(JsonElement data, string name) => data.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static string? Raw(JsonElement data, string name) => data.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : null;

    private static long? Ms(JsonElement data, string name) => data.TryGetProperty(name, out JsonElement value) ? InstantText.Parse(value.GetString()!).ToUnixTimeMilliseconds() : null;
}
