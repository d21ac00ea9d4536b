using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Retention;

/// <summary>The box's own limits as people change them at run time; null for no limit, see <see cref="RetentionSettings"/>. In force with the next sweep.</summary>
internal sealed record RetentionLimits(int? Hours, long? QuotaBytes, long? MaxBytes, long? MinFreeBytes)
{
    /// <summary>The group, with what the file says behind it.</summary>
    /// <param name="settings">The file.</param>
    /// <param name="diskBytes">Size of the smallest disk that footage goes to; null while it is not known.</param>
    public static SettingsGroup<RetentionLimits> Group(RetentionSettings settings, Func<long?> diskBytes) => new(
        "retention",
        new RetentionLimits(settings.Hours, settings.QuotaBytes, settings.MaxBytes, settings.MinFreeBytes),
        limits => Mistakes(limits, diskBytes));

    private static IEnumerable<string> Mistakes(RetentionLimits limits, Func<long?> diskBytes)
    {
        if (limits.Hours is < 1 or > RetentionSettings.MaxHours) yield return $"hours must be 1 to {RetentionSettings.MaxHours}";
        if (limits.QuotaBytes is < 1) yield return "quota_bytes must be at least 1";
        if (limits.MaxBytes is < 1) yield return "max_bytes must be at least 1";
        if (limits.MinFreeBytes is < 0) yield return "min_free_bytes must not be negative";
        if (limits.QuotaBytes > limits.MaxBytes) yield return "quota_bytes is more than max_bytes";
        if (limits.MinFreeBytes > 0 && diskBytes() is { } disk && limits.MinFreeBytes >= disk)
            yield return $"min_free_bytes is not below the size of the smallest disk, {disk} bytes: everything would be deleted";
    }
}
