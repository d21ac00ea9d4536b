using System.Globalization;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>Events that a box told, or has yet to tell, and that the cloud is not known to have.</summary>
/// <param name="Queue">Where they go.</param>
/// <param name="Class">Of the batch.</param>
/// <param name="Seq">Number of the batch; null when it is not sealed.</param>
/// <param name="Puts">Puts that the queue accepted.</param>
/// <param name="SincePut">Since the newest of these.</param>
/// <param name="Events">The batch's.</param>
internal sealed record SimMissing(string Queue, EventClass Class, long? Seq, int Puts, Duration? SincePut, IReadOnlyList<SimEvent> Events)
{
    private const int MostIds = 3;

    /// <summary>Where they got stuck, and the first of them with type and id.</summary>
    public string Describe()
    {
        string where = Seq is null ? "not sealed"
            : Puts == 0 ? "no queue took it"
            : string.Create(CultureInfo.InvariantCulture, $"put {Puts} times, {SincePut!.Value.TotalSeconds:0} s ago the last time, not applied");
        string ids = string.Join(", ", Events.Take(MostIds).Select(e => $"{e.Type} {e.Id}")) + (Events.Count > MostIds ? $", {Events.Count - MostIds} more" : "");
        return $"{(Seq is { } seq ? $"batch {Class.ToString().ToLowerInvariant()} {seq.ToString(CultureInfo.InvariantCulture)}" : "events")} of {Queue}: {where}: {ids}";
    }
}
