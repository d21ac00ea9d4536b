using System.Collections.Immutable;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>What the settings want, with cameras by their uid as they are known now. Thread-safe.</summary>
internal sealed class RetentionPolicies(Func<RetentionPolicy> current)
{
    public RetentionPolicy Current => current();

    /// <param name="settings">Single cameras' limits.</param>
    /// <param name="limits">The box's limits as they are at the moment.</param>
    /// <param name="uid">Uid of a camera by its slug; null when there is none.</param>
    public static RetentionPolicies Of(RetentionSettings settings, Func<RetentionLimits> limits, Func<string, Guid?> uid) => new(() =>
    {
        var own = settings.Cameras
            .Select(c => (Camera: uid(c.Id), Limits: new CameraRetention(Age(c.Hours), c.QuotaBytes)))
            .Where(c => c.Camera is not null)
            .ToImmutableDictionary(c => c.Camera!.Value, c => c.Limits);
        var box = limits();
        return new RetentionPolicy(Age(box.Hours), box.QuotaBytes, box.MaxBytes, box.MinFreeBytes) { Cameras = own, ArchiveFirst = settings.ArchiveFirst };
    });

    private static Duration? Age(int? hours) => hours is { } known ? Duration.FromHours(known) : null;
}
