using Heldar.Edge.Gaps;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Retention;

/// <summary>
/// Says that held evidence will stop recording while there is still time to do something: when it takes most of what a disk has for footage, and again
/// when nothing else is left and the disk is as good as full.
/// </summary>
internal sealed class HeldOutlook(VolumeSet volumes, SpaceProbe space, IHeldFootageAlarm alarm)
{
    /// <summary>Part of a disk's space for footage, held, from which on people are told.</summary>
    private const double Much = 0.8;

    /// <summary>Less than this is no space to record into.</summary>
    private const long AsGoodAsFull = 64L << 20;

    /// <summary>Judges every disk; the worst one counts.</summary>
    public void Look(IReadOnlyCollection<Kept> kept, RetentionPolicy policy)
    {
        var (level, detail) = (HeldLevel.Fine, (string?)null);
        foreach (var volume in volumes.All)
        {
            var (of, why) = Judge(volume, [.. kept.Where(k => k.Volume == volume.Id)], policy);
            if (of > level) (level, detail) = (of, why);
        }

        alarm.Set(level, detail);
    }

    private (HeldLevel Level, string? Detail) Judge(Volume volume, IReadOnlyList<Kept> kept, RetentionPolicy policy)
    {
        long held = kept.Sum(k => k.HeldBytes), free = kept.Sum(k => k.FreeBytes);
        if (held == 0) return default;
        try
        {
            var disk = space(volume);
            if (disk.Total <= 0) return default;
            var usable = Math.Max(1, disk.Free + held + free - policy.FloorOf(disk.Total));
            if (free == 0 && disk.Free < AsGoodAsFull) return (HeldLevel.Full, $"{volume.Root}: nothing but held footage ({held} bytes) is left to delete, and {disk.Free} bytes are free. Release holds or add space");
            return held >= Much * usable
                ? (HeldLevel.Warning, $"{volume.Root}: {held} of the {usable} bytes that footage may take are held; when all are, recording stops. Release holds or add space")
                : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
