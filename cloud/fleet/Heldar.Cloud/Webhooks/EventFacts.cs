using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>What filters ask of an event.</summary>
internal sealed record EventFacts(string Type, string? Site, Guid? Camera, IReadOnlyList<string> Labels, string? Zone, Severity Severity, Instant Time, DateTimeZone TimeZone)
{
    public static EventFacts Of(CloudEvent one, Func<string, DateTimeZone> zoneOf)
    {
        var source = EventSource.TryParse(one.Source, out var parsed) ? parsed : null;
        var (labels, zone, severity) = Content(one);
        return new(one.Type, source?.Site, source?.Camera, labels, zone, severity, one.Time, source is null ? DateTimeZone.Utc : zoneOf(source.Site));
    }

    /// <summary>What makes two events the same: SHA-256 of source and id.</summary>
    public static byte[] KeyOf(CloudEvent one) => SHA256.HashData(Encoding.UTF8.GetBytes($"{one.Source}\n{one.Id}"));

    // The data was checked when it was applied; what does not bind here has no such facts.
    private static (IReadOnlyList<string> Labels, string? Zone, Severity Severity) Content(CloudEvent one)
    {
        try
        {
            return one.Type switch
            {
                EventTypes.Zone when one.DataAs<ZoneData>() is var zone => ([zone.Label], zone.Zone, zone.Severity),
                EventTypes.Detection => ([.. one.DataAs<DetectionData>().Detections.Select(d => d.Label).Distinct(StringComparer.Ordinal)], null, Severity.Info),
                EventTypes.Gap or WebhookNotices.Disabled => ([], null, Severity.Warning),
                EventTypes.CameraState => ([], null, one.DataAs<CameraStateData>().Condition is CameraCondition.Stalled or CameraCondition.Offline or CameraCondition.AuthFailed or CameraCondition.Error ? Severity.Warning : Severity.Info),
                _ => ([], null, Severity.Info),
            };
        }
        catch (JsonException)
        {
            return ([], null, Severity.Info);
        }
    }
}
