using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>A CloudEvents 1.0 event in JSON format (CNCF CloudEvents 1.0, JSON event format). Extra attributes of a sender are ignored.</summary>
public sealed record CloudEvent
{
    /// <summary>The version of the CloudEvents specification that Heldar writes and accepts.</summary>
    public const string Version = "1.0";

    public required string Specversion { get; init; }

    /// <summary><c>{segmentId}/{type}/{revision}</c> for footage, a UUIDv7 or deterministic key otherwise. Unique within <see cref="Source"/>.</summary>
    public required string Id { get; init; }

    /// <summary>See <see cref="EventSource"/>.</summary>
    public required string Source { get; init; }

    public required string Type { get; init; }

    /// <summary>When it happened, by the box's clock.</summary>
    public required Instant Time { get; init; }

    public string Datacontenttype { get; init; } = "application/json";

    /// <summary>The trace in which it was made (<see cref="TraceContext"/>); null for none. What is no traceparent is read as none.</summary>
    [JsonConverter(typeof(TraceContext.ParentConverter))]
    public string? Traceparent { get; init; }

    /// <summary>What vendors add to <see cref="Traceparent"/>; null for none.</summary>
    [JsonConverter(typeof(TraceContext.StateConverter))]
    public string? Tracestate { get; init; }

    public required JsonElement Data { get; init; }

    /// <summary>Makes an event of a known type from its data.</summary>
    public static CloudEvent Create<T>(string type, string id, EventSource source, Instant time, T data) => new()
    {
        Specversion = Version,
        Id = id,
        Source = source.ToString(),
        Type = type,
        Time = time,
        Data = JsonSerializer.SerializeToElement(data, HeldarJson.Options),
    };

    /// <summary>Binds the data to the record of its type. Throws <see cref="JsonException"/> when it does not fit.</summary>
    public T DataAs<T>() => Data.Deserialize<T>(HeldarJson.Options) ?? throw new JsonException("data must be a JSON object");
}
