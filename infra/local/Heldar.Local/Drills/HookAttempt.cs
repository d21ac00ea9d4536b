using System.Text.Json;

namespace Heldar.Local.Drills;

/// <summary>One call that came to the receiver.</summary>
/// <param name="Id">Its <c>webhook-id</c>; empty when there was none.</param>
/// <param name="Event">What it told; null when <paramref name="Fault"/> says why it is not believed.</param>
/// <param name="Fault">Why it is not believed, in words; null when it is.</param>
/// <param name="Answer">The status that it got; 0 when the line was cut instead.</param>
internal sealed record HookAttempt(string Id, HookEvent? Event, string? Fault, int Answer)
{
    /// <summary>The receiver said that it has it.</summary>
    public bool Taken => Fault is null && Answer is >= 200 and < 300;
}

/// <summary>A delivered event, read as plain JSON: CloudEvents 1.0, structured content mode.</summary>
internal sealed record HookEvent(string Id, string Source, string Type, string Time, JsonElement Data)
{
    /// <summary>Reads one. Throws <see cref="JsonException"/> for what is none.</summary>
    public static HookEvent Parse(byte[] body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement root = json.RootElement;
        if (Text(root, "specversion") != "1.0") throw new JsonException("specversion is not 1.0");
        return root.TryGetProperty("data", out JsonElement data)
            ? new HookEvent(Text(root, "id"), Text(root, "source"), Text(root, "type"), Text(root, "time"), data.Clone())
            : throw new JsonException("it has no data");
    }

    private static string Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new JsonException($"it has no {name}");
}
