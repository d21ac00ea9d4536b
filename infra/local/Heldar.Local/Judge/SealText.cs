using System.Text.Json;

namespace Heldar.Local.Judge;

/// <summary>
/// Reads a volume's seal log as the text that it is (JSON lines, see ARCHITECTURE.md), for what only it can say: which run a segment belongs to, and which segments
/// were deleted on purpose. Lines that are torn are passed over.
/// </summary>
internal static class SealText
{
    /// <summary>Run of each segment that was ever opened.</summary>
    public static IReadOnlyDictionary<Guid, Guid> Runs(string volume)
    {
        Dictionary<Guid, Guid> runs = [];
        foreach (JsonElement line in Lines(volume))
            if ((line.TryGetProperty("opened", out JsonElement part) || line.TryGetProperty("data", out part)) && part.TryGetProperty("segment", out JsonElement segment) && part.TryGetProperty("run", out JsonElement run))
                runs[segment.GetGuid()] = run.GetGuid();
        return runs;
    }

    /// <summary>Segments whose deletion is sealed.</summary>
    public static IReadOnlySet<Guid> Deleted(string volume) =>
        Lines(volume).Where(line => line.TryGetProperty("deleted", out _) && line.TryGetProperty("segments", out _))
            .SelectMany(line => line.GetProperty("segments").EnumerateArray()).Select(id => id.GetGuid()).ToHashSet();

    /// <summary>The time of those segments, as gaps that need no other explanation.</summary>
    public static IReadOnlyList<ClaimedGap> DeletedTimes(string volume)
    {
        IReadOnlySet<Guid> deleted = Deleted(volume);
        return [.. Lines(volume).Where(line => line.TryGetProperty("data", out JsonElement data) && deleted.Contains(data.GetProperty("segment").GetGuid())).Select(line => new ClaimedGap(
            line.GetProperty("path").GetString()!.Split('/')[0],
            line.GetProperty("data").GetProperty("start").GetDateTimeOffset().ToUnixTimeMilliseconds(),
            line.GetProperty("data").GetProperty("end").GetDateTimeOffset().ToUnixTimeMilliseconds(),
            "deleted"))];
    }

    private static IEnumerable<JsonElement> Lines(string volume)
    {
        string folder = Path.Combine(volume, "seals");
        if (!Directory.Exists(folder)) yield break;
        foreach (string text in Directory.EnumerateFiles(folder, "*.jsonl", SearchOption.AllDirectories).Order(StringComparer.Ordinal).SelectMany(File.ReadLines))
            if (Parse(text) is { } line) yield return line;
    }

    private static JsonElement? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
