using System.Text.Json;
using System.Text.Json.Nodes;
using Heldar.Contracts;

namespace Heldar.Edge.Audit;

/// <summary>Writes an entry's details as JSON. The second line of defence: members that are named like secrets, and user info in URLs, become stars.</summary>
internal static class AuditDetail
{
    public const int MaxBytes = 8 * 1024;
    private const int MaxFrom = 512;
    private const string Mask = "***";
    private static readonly string[] Telling = ["password", "passwd", "secret", "token", "credential", "private", "recovery", "totp", "cookie"];

    /// <param name="detail">More about the deed; null for nothing.</param>
    /// <param name="from">Where the actor came from; becomes the member <c>from</c>, whatever else had to be left out.</param>
    public static string Write(object? detail, string? from = null)
    {
        var node = Clean(JsonSerializer.SerializeToNode(detail ?? new { }, HeldarJson.Options)) ?? new JsonObject();
        if (System.Text.Encoding.UTF8.GetByteCount(node.ToJsonString(HeldarJson.Options)) > MaxBytes - MaxFrom) node = new JsonObject { ["truncated"] = true };
        if (from is not null && node is JsonObject members) members["from"] = from.Length <= 64 ? from : from[..64];
        return node.ToJsonString(HeldarJson.Options);
    }

    private static JsonNode? Clean(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    var hides = value?.GetValueKind() is JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Object;
                    members[name] = hides && IsTelling(name) ? Mask : Clean(value)?.DeepClone();
                }

                return members;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++) items[i] = Clean(items[i])?.DeepClone();
                return items;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                return MaskUserInfo(value.GetValue<string>());
            default:
                return node;
        }
    }

    private static bool IsTelling(string name) => Telling.Any(t => name.Contains(t, StringComparison.OrdinalIgnoreCase));

    private static string MaskUserInfo(string text)
    {
        var start = text.IndexOf("://", StringComparison.Ordinal);
        if (start < 0) return text;
        var end = text.AsSpan(start + 3).IndexOfAny("/?# ");
        var authority = end < 0 ? text.AsSpan(start + 3) : text.AsSpan(start + 3, end);
        var at = authority.LastIndexOf('@');
        return at < 0 ? text : string.Concat(text.AsSpan(0, start + 3), Mask, text.AsSpan(start + 3 + at));
    }
}
