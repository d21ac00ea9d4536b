using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>What must become of an event.</summary>
internal enum SimOutcome
{
    /// <summary>It is in the index, once.</summary>
    Applied,

    /// <summary>It, or a newer one of the same subject, is in the index, once.</summary>
    NewestWins,

    /// <summary>It is a dead letter: another box owns its camera.</summary>
    Refused,
}

/// <summary>One event of a simulated box.</summary>
/// <param name="Type">See <see cref="EventTypes"/>.</param>
/// <param name="Id">CloudEvents id.</param>
/// <param name="Camera">Null for the box's own events.</param>
/// <param name="Time">By the box's clock.</param>
/// <param name="Data">JSON as it is sent.</param>
/// <param name="Outcome">What must become of it.</param>
internal sealed record SimEvent(string Type, string Id, Guid? Camera, Instant Time, string Data, SimOutcome Outcome)
{
    /// <summary>SHA-256 of the data, lower-case hex.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Data)));

    /// <summary>About how many bytes it takes in a batch.</summary>
    public int Size => Data.Length + Id.Length + Type.Length + 280;

    /// <summary>Makes one from its data.</summary>
    public static SimEvent Of<T>(string type, string id, Guid? camera, Instant time, T data, SimOutcome outcome) =>
        new(type, id, camera, time, JsonSerializer.Serialize(data, HeldarJson.Options), outcome);

    /// <summary>The event as it stands in a batch.</summary>
    public CloudEvent Compose(string tenant, string site, Guid box)
    {
        using var data = JsonDocument.Parse(Data);
        return new CloudEvent
        {
            Specversion = CloudEvent.Version,
            Id = Id,
            Source = (Camera is { } camera ? EventSource.OfCamera(tenant, site, camera) : EventSource.OfBox(tenant, site, box)).ToString(),
            Type = Type,
            Time = Time,
            Data = data.RootElement.Clone(),
        };
    }
}
