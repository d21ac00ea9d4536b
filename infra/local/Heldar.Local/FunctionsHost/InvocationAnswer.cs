using System.Net;
using System.Text.Json;

namespace Heldar.Local.FunctionsHost;

/// <summary>How the host takes a handler's answer.</summary>
internal enum Verdict
{
    /// <summary>The message is deleted.</summary>
    Success,

    /// <summary>The invocation failed.</summary>
    Failure,

    /// <summary>The real host never completes the invocation: it hangs until functionTimeout.</summary>
    Hang,
}

/// <summary>The host's response table: 2xx, a JSON media type, and a JSON object whose members have the right form.</summary>
internal static class InvocationAnswer
{
    public static (Verdict Verdict, string Why) Judge(HttpStatusCode status, string? mediaType, ReadOnlySpan<byte> body)
    {
        if ((int)status is < 200 or > 299) return (Verdict.Failure, $"status {(int)status}");
        if (status == HttpStatusCode.NoContent || body.Length == 0) return (Verdict.Hang, "an empty answer");
        if (mediaType is not ("application/json" or "text/json")) return (Verdict.Failure, $"media type {mediaType ?? "missing"}");
        try
        {
            var reader = new Utf8JsonReader(body);
            using var json = JsonDocument.ParseValue(ref reader);
            return json.RootElement.ValueKind switch
            {
                JsonValueKind.Null => (Verdict.Hang, "the answer null"),
                JsonValueKind.Object => Members(json.RootElement),
                var other => (Verdict.Failure, $"a JSON {other}"),
            };
        }
        catch (JsonException)
        {
            return (Verdict.Failure, "an answer that is not JSON");
        }
    }

    private static (Verdict Verdict, string Why) Members(JsonElement answer)
    {
        foreach (var member in answer.EnumerateObject())
        {
            if (member.Name.Equals("Logs", StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind != JsonValueKind.Null
                && (member.Value.ValueKind != JsonValueKind.Array || member.Value.EnumerateArray().Any(l => l.ValueKind is JsonValueKind.Object or JsonValueKind.Array)))
                return (Verdict.Failure, "Logs with an item that is no text");
            if (member.Name.Equals("Outputs", StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
                return (Verdict.Failure, "Outputs that is no object");
        }

        return (Verdict.Success, "");
    }
}
