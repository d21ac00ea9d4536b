using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using NodaTime;

namespace Heldar.Functions.Fronts;

/// <summary>
/// What the Functions host posts to a custom handler: <c>{"Data":{binding: value},"Metadata":{…}}</c>. Strings arrive encoded twice (a string that holds JSON text),
/// bytes (dataType binary) as base64 once, counts as text; documentation shows them encoded once. Both forms are read.
/// </summary>
internal sealed record HostRequest(byte[] Body, string Id, long DequeueCount)
{
    /// <summary>When the queue took the message; null where the host does not say so.</summary>
    public Instant? Inserted { get; init; }

    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 32 };

    /// <summary>Reads a queue trigger's request. Throws <see cref="JsonException"/> when it is none.</summary>
    public static HostRequest Parse(ReadOnlyMemory<byte> request, string binding)
    {
        using var json = JsonDocument.Parse(request, Limits);
        if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("Data", out var data) || data.ValueKind != JsonValueKind.Object || !data.TryGetProperty(binding, out var value))
            throw new JsonException($"the request has no Data.{binding}");
        var metadata = json.RootElement.TryGetProperty("Metadata", out var m) && m.ValueKind == JsonValueKind.Object ? m : default;
        return new(Bytes(value), Text(metadata, "Id") ?? "", long.TryParse(Text(metadata, "DequeueCount"), out var count) ? count : 1)
        {
            Inserted = InstantText.TryParse(Text(metadata, "InsertionTime"), out var inserted) ? inserted : null,
        };
    }

    private static byte[] Bytes(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return Encoding.UTF8.GetBytes(value.GetRawText());
        if (value.TryGetBytesFromBase64(out var bytes)) return bytes;
        return Encoding.UTF8.GetBytes(Unquote(value.GetString()!));
    }

    private static string? Text(JsonElement metadata, string name)
    {
        if (metadata.ValueKind != JsonValueKind.Object || !metadata.TryGetProperty(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.String ? Unquote(value.GetString()!) : value.GetRawText();
    }

    private static string Unquote(string text)
    {
        if (text.Length < 2 || text[0] != '"' || text[^1] != '"') return text;
        try
        {
            return JsonSerializer.Deserialize<string>(text) ?? "";
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
