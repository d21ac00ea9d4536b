using System.Globalization;
using System.Text;
using System.Text.Json;
using Heldar.Cloud.Mail;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>An event as an e-mail that people read.</summary>
internal static class EventMail
{
    private const int MaxLines = 40;
    private const int MaxValue = 200;

    // What of an event's data belongs into the subject, in this order.
    private static readonly string[] Telling = ["name", "label", "event", "condition", "cause", "reason", "severity"];

    public static MailText Of(DeliveryClaim claim, Instant now)
    {
        var one = JsonSerializer.Deserialize<CloudEvent>(claim.Body, HeldarJson.Options) ?? throw new JsonException("an event must be a JSON object");
        var site = EventSource.TryParse(one.Source, out var source) ? source.Site : null;
        var told = Telling.Select(t => one.Data.ValueKind == JsonValueKind.Object && one.Data.TryGetProperty(t, out var value) && value.ValueKind == JsonValueKind.String ? OneLine(value.GetString()!, 60) : null).OfType<string>().ToList();
        var text = new StringBuilder();
        Line(text, "Event", one.Type);
        Line(text, "Time", InstantText.Format(one.Time));
        if (site is not null) Line(text, "Site", site);
        Line(text, "About", one.Source);
        text.Append('\n');
        var lines = 0;
        Flatten(text, "", one.Data, ref lines);
        text.Append(CultureInfo.InvariantCulture, $"\n-- \nSent by Heldar to {claim.Name} at {InstantText.Format(now)}.\nDelivery {claim.Delivery}. Who manages webhooks in Heldar can change or end these messages.\n");
        return new(Address(claim.Url), claim.Delivery, OneLine($"{Words(one.Type)}{(told.Count == 0 ? "" : ": ")}{string.Join(", ", told)}{(site is null ? "" : $" ({site})")}", MaxValue), text.ToString());
    }

    /// <summary>The address behind <c>mailto:</c>.</summary>
    public static string Address(string url) => url[DeliverySender.MailScheme.Length..];

    // heldar.camera.state.v1 → Camera state
    private static string Words(string type)
    {
        var words = string.Join(' ', type.Split('.')[1..^1]);
        return words.Length == 0 ? type : char.ToUpperInvariant(words[0]) + words[1..];
    }

    private static void Flatten(StringBuilder text, string path, JsonElement value, ref int lines)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject()) Flatten(text, path.Length == 0 ? property.Name : $"{path}.{property.Name}", property.Value, ref lines);
                break;
            case JsonValueKind.Array:
                var n = 0;
                foreach (var item in value.EnumerateArray()) Flatten(text, string.Create(CultureInfo.InvariantCulture, $"{path}[{n++}]"), item, ref lines);
                break;
            default:
                if (lines < MaxLines) Line(text, path, value.ToString());
                else if (lines == MaxLines) text.Append("…\n");
                lines++;
                break;
        }
    }

    private static void Line(StringBuilder text, string name, string value) => text.Append(OneLine(name, 80)).Append(": ").Append(OneLine(value, MaxValue)).Append('\n');

    private static string OneLine(string text, int most) => EventRules.Clean(text, most).Replace('\n', ' ').Replace('\t', ' ');
}
