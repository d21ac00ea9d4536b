using System.Text.Json;
using Heldar.Contracts.Events;

namespace Heldar.Cloud.Webhooks;

/// <summary>What logs and traces say of an event that is delivered, read from its stored bytes without reading its data.</summary>
internal readonly record struct EventHead(string Id, string Type, string? Traceparent, string? Tracestate)
{
    /// <summary>Reads as much as there is; an event's attributes stand before its data, as <see cref="FanOutSender.TryWrite"/> writes them.</summary>
    public static EventHead Of(ReadOnlySpan<byte> body)
    {
        var head = new EventHead("", "", null, null);
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read() && !(reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("data")))
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
                var name = reader.GetString();
                reader.Read();
                if (reader.TokenType != JsonTokenType.String) continue;
                head = name switch
                {
                    "id" => head with { Id = Line(reader.GetString()!, 300) },
                    "type" => head with { Type = Line(reader.GetString()!, 80) },
                    "traceparent" => head with { Traceparent = reader.GetString() },
                    "tracestate" => head with { Tracestate = reader.GetString() },
                    _ => head,
                };
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // It is delivered all the same: nothing here decides anything.
        }

        return head;
    }

    // It goes into lines of logs.
    private static string Line(string text, int most) => EventRules.Clean(text, most).Replace('\n', ' ').Replace('\t', ' ');
}
