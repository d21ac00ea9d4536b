using System.Data.Common;
using Dapper;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;

namespace Heldar.Edge.Storage;

/// <summary>Free space that a disk of a size keeps; retention deletes to hold it.</summary>
internal delegate long SpaceFloor(long totalBytes);

/// <summary>What lies on a volume, from kept counters.</summary>
internal sealed record Footprint(long Segments, long Bytes, long HeldBytes);

/// <summary>A volume with what lies on it and where that leads.</summary>
/// <param name="Volume">As it is now.</param>
/// <param name="Footprint">What lies on it; of a mirror the whole copies, none of them as held: a hold is on the footage, and its copy leaves with it.</param>
/// <param name="HoursToFloor">Hours until its free space reaches the floor as it is written to now; null while the rate is unknown or nothing is written.</param>
/// <param name="DaysThatFit">Days of footage that it holds in the end, at the rate of now; null as before.</param>
/// <param name="HoursToHeld">Hours until nothing is left but held footage, so that recording stops; null when nothing is held or the rate is unknown.</param>
internal sealed record VolumeOutlook(VolumeStatus Volume, Footprint Footprint, double? HoursToFloor, double? DaysThatFit, double? HoursToHeld)
{
    /// <summary>Free space in bytes that it shall keep; 0 where there is none to keep.</summary>
    public long Floor { get; init; }

    public static VolumeOutlook Of(VolumeStatus volume, Footprint footprint, long floor)
    {
        var room = Math.Max(0, volume.Free - floor);
        if (volume.BytesPerSecond is not (> 0 and { } rate)) return new(volume, footprint, null, null, null) { Floor = floor };
        var perHour = rate * 3600;
        var freeable = footprint.Bytes - footprint.HeldBytes;
        // Retention gives the floor up only when nothing but held footage is left, so the whole of the free space counts there.
        double? held = footprint.HeldBytes > 0 ? (volume.Free + freeable) / perHour : null;
        return new(volume, footprint, room / perHour, (footprint.Bytes + room) / (perHour * 24), held) { Floor = floor };
    }
}

/// <summary>Puts together what people and alarms want to know of the volumes. Thread-safe; costs one small query.</summary>
internal sealed class StorageReport(VolumeKeeper keeper, IStoreReader reader, SpaceFloor floor)
{
    private static readonly Footprint Nothing = new(0, 0, 0);

    public async Task<IReadOnlyList<VolumeOutlook>> ReadAsync(CancellationToken cancellation)
    {
        var kept = await reader.ReadAsync(
            db => db.Query<(string Volume, long Segments, long Bytes, long Held)>("SELECT volume, sum(segments), sum(bytes), sum(held_bytes) FROM camera_volume_total GROUP BY volume")
                .ToDictionary(r => Guid.ParseExact(r.Volume, "D"), r => new Footprint(r.Segments, r.Bytes, r.Held)),
            cancellation);
        var copies = keeper.Status.Any(v => v.Role == VolumeRole.Mirror) ? await reader.ReadAsync(Copies, cancellation) : Nothing;
        return [.. keeper.Status.Select(v => VolumeOutlook.Of(v, Of(v, kept, copies), v.Role == VolumeRole.Primary ? floor(v.Total) : 0))];
    }

    private static Footprint Of(VolumeStatus volume, Dictionary<Guid, Footprint> kept, Footprint copies) => volume.Role switch
    {
        VolumeRole.Primary when volume.Id is { } id => kept.GetValueOrDefault(id, Nothing),
        VolumeRole.Mirror => copies,
        _ => Nothing,
    };

    /// <summary>A box has one mirror. Those whose footage is deleted lie there until they follow it.</summary>
    private static Footprint Copies(DbConnection db)
    {
        var (segments, bytes) = db.QuerySingle<(long Segments, long Bytes)>("SELECT sum(segments), sum(bytes) FROM mirror_total WHERE state > 0");
        return new(segments, bytes, 0);
    }
}
