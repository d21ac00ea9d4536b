using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>
/// A message of queue <c>fanout</c>: events that were applied, and when. One that is too large for a message waits in <c>webhook_event</c> under its key.
/// </summary>
internal sealed record FanOutMessage(string Tenant, IReadOnlyList<CloudEvent> Events, string? Stored = null, Instant? Applied = null)
{
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeldarJson.Options);

    /// <summary>Reads a message. Throws <see cref="JsonException"/> for anything that is none.</summary>
    public static FanOutMessage Parse(ReadOnlySpan<byte> utf8)
    {
        var message = JsonSerializer.Deserialize<FanOutMessage>(utf8, HeldarJson.Options) ?? throw new JsonException("a message must be a JSON object");
        if (!Names.IsSlug(message.Tenant) || message.Events.Any(e => e is null)) throw new JsonException("tenant or events are none");
        return message;
    }
}

/// <summary>
/// A message of queue <c>webhooks</c>: one delivery that is due now. The row has all else, and decides. <paramref name="Applied"/>, for the figures alone: when
/// its event was applied, as long as the delivery never left the queue.
/// </summary>
internal sealed record DeliveryMessage(string Tenant, Guid Endpoint, string Delivery, Instant? Applied = null)
{
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeldarJson.Options);

    /// <summary>Reads a message. Throws <see cref="JsonException"/> for anything that is none.</summary>
    public static DeliveryMessage Parse(ReadOnlySpan<byte> utf8)
    {
        var message = JsonSerializer.Deserialize<DeliveryMessage>(utf8, HeldarJson.Options) ?? throw new JsonException("a message must be a JSON object");
        return Names.IsSlug(message.Tenant) && EventRules.IsText(message.Delivery, 80) ? message : throw new JsonException("tenant or delivery is none");
    }
}
