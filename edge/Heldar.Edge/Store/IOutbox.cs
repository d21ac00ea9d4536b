using System.Data.Common;
using NodaTime;

namespace Heldar.Edge.Store;

/// <summary>
/// Where rooms leave events for the cloud. Implemented by the uplink; the seam is here, so that a room can make its event durable in the same
/// transaction as the rows that it tells of.
/// </summary>
internal interface IOutbox
{
    /// <summary>Adds an event. Called on the writer's thread within its transaction.</summary>
    /// <param name="tx">The connection that the transaction runs on.</param>
    /// <param name="eventType">A name of <see cref="Heldar.Contracts.Events.EventTypes"/>.</param>
    /// <param name="eventId">Repeats of the same event carry the same id.</param>
    /// <param name="camera">The camera that it is about, or null for the box.</param>
    /// <param name="time">When it happened.</param>
    /// <param name="data">The data record of the type.</param>
    void Append(DbConnection tx, string eventType, string eventId, Guid? camera, Instant time, object data);
}
