using System.Text.Json;
using System.Text.RegularExpressions;

namespace Heldar.Edge.Health;

/// <summary>What a disk or array says of itself.</summary>
/// <param name="Name">Device, such as <c>sda</c> or <c>md0</c>.</param>
/// <param name="Healthy">Null when the report does not say.</param>
/// <param name="Problem">For people; null when healthy.</param>
internal sealed record DiskReport(string Name, bool? Healthy, string? Problem);

/// <summary>
/// Reads the answers of <c>smartctl -H</c> (with and without <c>-j</c>) and of <c>/proc/mdstat</c>. What cannot be read is unknown, never healthy. Pure; takes hostile text.
/// </summary>
internal static partial class DiskReports
{
    private const int MaxText = 1 << 20;

    /// <summary>Answer of <c>smartctl -H</c> as JSON or text.</summary>
    public static DiskReport Smart(string device, string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.Length > MaxText) return new(device, null, "the answer is too long");
        return answer.AsSpan().TrimStart().StartsWith("{") ? SmartJson(device, answer) : SmartText(device, answer);
    }

    /// <summary>Arrays of <c>/proc/mdstat</c>, in their order.</summary>
    public static IReadOnlyList<DiskReport> Mdstat(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var reports = new List<DiskReport>();
        if (text.Length > MaxText) return reports;
        string? name = null, state = null, faulty = null, repair = null, map = null;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.TrimEnd();
            if (ArrayLine().Match(line) is { Success: true } array)
            {
                End();
                (name, state, repair) = (array.Groups[1].Value, array.Groups[2].Value, null);
                var failed = FailedMember().Matches(line).Select(m => m.Groups[1].Value).ToList();
                faulty = failed.Count == 0 ? null : string.Join(", ", failed);
                map = null;
            }
            else if (name is not null && MemberMap().Match(line) is { Success: true } members)
            {
                map = members.Groups[1].Value;
            }
            else if (name is not null && Progress().Match(line) is { Success: true } progress)
            {
                repair = $"{progress.Groups[1].Value} {progress.Groups[2].Value}";
            }
        }

        End();
        return reports;

        void End()
        {
            if (name is null) return;
            var missing = map?.Count(c => c == '_') ?? 0;
            List<string> problems = [];
            if (!string.Equals(state, "active", StringComparison.Ordinal)) problems.Add("it is not active");
            if (missing > 0) problems.Add($"{missing} of {map!.Length} members are missing");
            if (faulty is not null) problems.Add("failed: " + faulty);
            if (problems.Count > 0 && repair is not null) problems.Add(repair);
            reports.Add(new DiskReport(name, problems.Count == 0, problems.Count == 0 ? null : string.Join("; ", problems)));
        }
    }

    private static DiskReport SmartJson(string device, string answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 16 });
            if (json.RootElement.TryGetProperty("smart_status", out var status) && status.ValueKind == JsonValueKind.Object
                && status.TryGetProperty("passed", out var passed) && passed.ValueKind is JsonValueKind.True or JsonValueKind.False)
                return passed.GetBoolean() ? new(device, true, null) : new(device, false, "SMART says that the disk is failing");
            return new(device, null, "SMART gives no verdict");
        }
        catch (JsonException)
        {
            return new(device, null, "the answer of smartctl cannot be read");
        }
    }

    private static DiskReport SmartText(string device, string answer)
    {
        if (Verdict().Match(answer) is not { Success: true } verdict) return new(device, null, "SMART gives no verdict");
        var word = verdict.Groups[1].Value;
        return word is "PASSED" or "OK" ? new(device, true, null) : new(device, false, "SMART says " + word);
    }

    [GeneratedRegex(@"^(md[\w-]{1,32}) : (active|inactive)\b", RegexOptions.None, 1000)]
    private static partial Regex ArrayLine();

    [GeneratedRegex(@"(\w{1,32})\[\d+\]\(F\)", RegexOptions.None, 1000)]
    private static partial Regex FailedMember();

    [GeneratedRegex(@"\[([U_]{1,512})\]\s*$", RegexOptions.None, 1000)]
    private static partial Regex MemberMap();

    [GeneratedRegex(@"\b(recovery|resync|reshape|check)\s*=\s*([\d.]{1,8}%)", RegexOptions.None, 1000)]
    private static partial Regex Progress();

    [GeneratedRegex(@"^SMART (?:overall-health self-assessment test result|Health Status):\s*([^\r\n]{1,80}?)\s*$", RegexOptions.Multiline, 1000)]
    private static partial Regex Verdict();
}
