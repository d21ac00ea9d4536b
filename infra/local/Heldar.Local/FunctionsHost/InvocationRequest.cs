using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NodaTime;

namespace Heldar.Local.FunctionsHost;

/// <summary>Facts of a received queue message that the host passes on.</summary>
internal sealed record TriggerMessage(string Id, string PopReceipt, long DequeueCount, Instant Inserted, Instant Expires, Instant NextVisible, byte[] Body);

/// <summary>
/// The bodies that the host posts. Values: bytes as base64; times as text; JSON objects as they are; everything else as a string that holds its JSON text, so that
/// a plain string arrives encoded twice. A string message that is a JSON object also copies its top-level properties into Metadata, over the built-in ones.
/// </summary>
internal static class InvocationRequest
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] ForQueue(FunctionFile function, TriggerMessage message, Instant now, Guid random)
    {
        Dictionary<string, object?> metadata = new(StringComparer.OrdinalIgnoreCase)
        {
            ["DequeueCount"] = message.DequeueCount.ToString(CultureInfo.InvariantCulture),
            ["Id"] = Twice(message.Id),
            ["PopReceipt"] = Twice(message.PopReceipt),
            ["InsertionTime"] = Time(message.Inserted),
            ["ExpirationTime"] = Time(message.Expires),
            ["NextVisibleTime"] = Time(message.NextVisible),
        };
        object data = function.Binary ? Convert.ToBase64String(message.Body) : Twice(Encoding.UTF8.GetString(message.Body));
        if (!function.Binary) CopyProperties(message.Body, metadata);
        metadata["sys"] = System(function, now, random);
        return Write(function.Binding, data, metadata);
    }

    public static byte[] ForTimer(FunctionFile function, TimerStatus? status, bool pastDue, Instant now, Guid random)
    {
        var timer = new Dictionary<string, object?>
        {
            ["Schedule"] = new Dictionary<string, object?> { ["AdjustForDST"] = true },
            ["ScheduleStatus"] = status is null ? null : new Dictionary<string, object?> { ["Last"] = Time(status.Last), ["Next"] = Time(status.Next), ["LastUpdated"] = Time(status.LastUpdated) },
            ["IsPastDue"] = pastDue,
        };
        return Write(function.Binding, timer, new Dictionary<string, object?> { ["sys"] = System(function, now, random) });
    }

    private static byte[] Write(string binding, object data, Dictionary<string, object?> metadata) =>
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?> { ["Data"] = new Dictionary<string, object?> { [binding] = data }, ["Metadata"] = metadata }, Json);

    private static Dictionary<string, object?> System(FunctionFile function, Instant now, Guid random) => new()
    {
        ["MethodName"] = function.Name,
        ["UtcNow"] = now.ToString("uuuu-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
        ["RandGuid"] = random.ToString("D"),
    };

    private static string Twice(string text) => JsonSerializer.Serialize(text, Json);

    private static string Time(Instant at) => at.ToString("uuuu-MM-dd'T'HH:mm:ss'+00:00'", CultureInfo.InvariantCulture);

    private static void CopyProperties(byte[] body, Dictionary<string, object?> metadata)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return;
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Array) continue;
                metadata.Remove(property.Name);
                metadata[property.Name] = property.Value.ValueKind == JsonValueKind.Object ? property.Value.Clone() : property.Value.GetRawText();
            }
        }
        catch (JsonException)
        {
            // No JSON, nothing to copy.
        }
    }
}

/// <summary>A timer's status as the host keeps it.</summary>
internal sealed record TimerStatus(Instant Last, Instant Next, Instant LastUpdated);
