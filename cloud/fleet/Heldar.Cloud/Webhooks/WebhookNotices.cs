using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>Events that this room itself makes: they come from no box and go only to those who subscribe.</summary>
public static class WebhookNotices
{
    /// <summary>An endpoint was disabled because it failed for too long, or said 410.</summary>
    public const string Disabled = "heldar.webhook.disabled.v1";

    /// <summary>A test that a person asked for.</summary>
    public const string Test = "heldar.webhook.test.v1";

    /// <summary>The notice of a disabled endpoint. Its id is the same however often it is made for one outage.</summary>
    internal static CloudEvent OfDisabled(string tenant, Guid endpoint, string name, string reason, Instant failingSince, Instant now) =>
        Of(Disabled, $"{endpoint:D}/{Disabled}/{failingSince.ToUnixTimeMilliseconds()}", tenant, endpoint, now, new { endpoint, name, reason, failingSince });

    /// <summary>The event of a test.</summary>
    internal static CloudEvent OfTest(string tenant, Guid endpoint, string name, Instant now) =>
        Of(Test, Guid.CreateVersion7(now.ToDateTimeOffset()).ToString("D"), tenant, endpoint, now, new { endpoint, name });

    private static CloudEvent Of<T>(string type, string id, string tenant, Guid endpoint, Instant now, T data) => new()
    {
        Specversion = CloudEvent.Version,
        Id = id,
        Source = $"/tenants/{tenant}/webhooks/{endpoint:D}",
        Type = type,
        Time = now,
        Data = JsonSerializer.SerializeToElement(data, HeldarJson.Options),
    };
}
