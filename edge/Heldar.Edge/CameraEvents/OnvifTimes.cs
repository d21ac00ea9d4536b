using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.CameraEvents;

/// <summary>Times and durations as XML Schema writes them, and as cameras do.</summary>
internal static class OnvifTimes
{
    /// <summary>A duration, whole seconds.</summary>
    public static string Text(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"PT{Math.Max(1, (int)Math.Ceiling(duration.TotalSeconds))}S");

    public static bool TryDuration(string? text, out TimeSpan duration)
    {
        duration = default;
        try
        {
            if (text is not { Length: > 0 and <= 40 }) return false;
            duration = XmlConvert.ToTimeSpan(text.Trim());
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>A date and time; one without a zone is UTC, as ONVIF wants it. Null when it is none.</summary>
    public static Instant? Parse(string? text)
    {
        if (text is not { Length: > 0 and <= 40 }) return null;
        text = text.Trim();
        return OffsetDateTimePattern.ExtendedIso.Parse(text) is { Success: true } zoned ? zoned.Value.ToInstant()
            : LocalDateTimePattern.ExtendedIso.Parse(text) is { Success: true } plain ? plain.Value.InUtc().ToInstant()
            : null;
    }

    /// <summary>The UTC time in an answer to GetSystemDateAndTime.</summary>
    public static Instant? SystemTime(XElement answer)
    {
        var utc = answer.Descendants(OnvifNames.Schema + "UTCDateTime").FirstOrDefault();
        int? Of(string group, string name) =>
            int.TryParse((string?)utc?.Element(OnvifNames.Schema + group)?.Element(OnvifNames.Schema + name), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) ? number : null;
        return (Of("Date", "Year"), Of("Date", "Month"), Of("Date", "Day"), Of("Time", "Hour"), Of("Time", "Minute"), Of("Time", "Second")) is
            ( >= 1970 and <= 9000 and var year, >= 1 and <= 12 and var month, >= 1 and <= 31 and var day, >= 0 and <= 23 and var hour, >= 0 and <= 59 and var minute, >= 0 and <= 60 and var second)
            && day <= CalendarSystem.Iso.GetDaysInMonth(year, month)
            ? Instant.FromUtc(year, month, day, hour, minute, Math.Min(second, 59))
            : null;
    }
}
