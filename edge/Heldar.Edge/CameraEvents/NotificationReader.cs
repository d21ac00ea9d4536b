using System.Collections.Immutable;
using System.Xml.Linq;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>Reads the answer to PullMessages. A message that cannot be read is counted and costs none of the others.</summary>
internal static class NotificationReader
{
    private const int MaxItems = 32;
    private const int MaxText = 200;
    private const int MaxMessages = 1024;

    /// <summary>More than this ago is as good as never: the camera's times are wrong.</summary>
    private static readonly Duration OldestAge = Duration.FromHours(1);

    /// <exception cref="OnvifException">It is no such answer.</exception>
    public static Pulled Read(XElement answer, Instant now)
    {
        if (answer.Name != OnvifNames.Events + "PullMessagesResponse") throw SoapEnvelope.Malformed("it is no answer to PullMessages");
        // The camera's clock counts only against itself: its time of the answer less its time of the event.
        var cameraNow = OnvifTimes.Parse((string?)answer.Element(OnvifNames.Events + "CurrentTime")) ?? now;
        List<CameraEvent> events = [];
        var unreadable = 0;
        foreach (var message in answer.Elements(OnvifNames.Notification + "NotificationMessage").Take(MaxMessages))
        {
            if (ReadOne(message, cameraNow) is { } one) events.Add(one);
            else unreadable++;
        }

        return new Pulled(events, unreadable);
    }

    private static CameraEvent? ReadOne(XElement notification, Instant cameraNow)
    {
        if (notification.Element(OnvifNames.Notification + "Topic") is not { } topic || Topic(topic) is not { } name) return null;
        if (notification.Element(OnvifNames.Notification + "Message")?.Element(OnvifNames.Schema + "Message") is not { } message) return null;
        PropertyOperation? operation = (string?)message.Attribute("PropertyOperation") switch
        {
            null => PropertyOperation.None,
            "Initialized" => PropertyOperation.Initialized,
            "Changed" => PropertyOperation.Changed,
            "Deleted" => PropertyOperation.Deleted,
            _ => null,
        };
        if (operation is null || Items(message, "Source", "Key") is not { } source || Items(message, "Data") is not { } data) return null;
        var age = OnvifTimes.Parse((string?)message.Attribute("UtcTime")) is { } at ? cameraNow - at : Duration.Zero;
        return new CameraEvent(name, operation.Value, age < Duration.Zero || age > OldestAge ? Duration.Zero : age, source, data);
    }

    /// <summary>The topic with the prefix that people know, whatever the camera calls ONVIF's namespace.</summary>
    private static string? Topic(XElement element)
    {
        var text = element.Value.Trim();
        if (text.Length is 0 or > MaxText || text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) return null;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && element.GetNamespaceOfPrefix(text[..colon]) == OnvifNames.Topics ? OnvifNames.TopicsPrefix + text[colon..] : text;
    }

    private static ImmutableArray<EventItem>? Items(XElement message, params ReadOnlySpan<string> groups)
    {
        var items = ImmutableArray.CreateBuilder<EventItem>();
        foreach (var group in groups)
        {
            foreach (var item in message.Elements(OnvifNames.Schema + group).Elements(OnvifNames.Schema + "SimpleItem"))
            {
                if ((string?)item.Attribute("Name") is not { Length: > 0 and <= MaxText } name || (string?)item.Attribute("Value") is not { Length: <= MaxText } value || items.Count == MaxItems) return null;
                items.Add(new EventItem(name, value));
            }
        }

        return items.ToImmutable();
    }
}
