using System.Collections.Immutable;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>What the settings want, with cameras by their uid as they are known now. Thread-safe.</summary>
internal sealed class RetentionPolicies(Func<RetentionPolicy> current)
{
    public RetentionPolicy Current => current();

    /// <param name="settings">The file; it may name limits of cameras that it does not own.</param>
    /// <param name="limits">The box's limits as they are at the moment.</param>
    /// <param name="cameras">The cameras with limits of their own, which go before the file's.</param>
    public static RetentionPolicies Of(RetentionSettings settings, Func<RetentionLimits> limits, Func<IEnumerable<CameraConfig>> cameras) => new(() =>
    {
        var own = cameras()
            .Select(c => (c.Uid, Limits: Own(c, settings)))
            .Where(c => c.Limits is { Age: not null } or { QuotaBytes: not null })
            .ToImmutableDictionary(c => c.Uid, c => c.Limits);
        var box = limits();
        return new RetentionPolicy(Age(box.Hours), box.QuotaBytes, box.MaxBytes, box.MinFreeBytes) { Cameras = own, ArchiveFirst = settings.ArchiveFirst };
    });

    private static CameraRetention Own(CameraConfig camera, RetentionSettings settings)
    {
        var file = camera.Owner == CameraOwner.Yaml ? null : settings.Cameras.FirstOrDefault(c => c.Id == camera.Slug);
        return new CameraRetention(Age(camera.RetentionHours ?? file?.Hours), camera.QuotaBytes ?? file?.QuotaBytes);
    }

    private static Duration? Age(int? hours) => hours is { } known ? Duration.FromHours(known) : null;
}
