using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Media.SegmentNames;

/// <summary>
/// Where a segment lies below its volume: <c>camera/yyyy/MM/dd/HH/yyyyMMddTHHmmss.fffZ_segment-id.mp4</c>, UTC. Nothing else knows this form.
/// </summary>
/// <param name="Camera">Slug of the camera.</param>
/// <param name="Start">Start, cut to milliseconds.</param>
/// <param name="Id">Segment id.</param>
public sealed record SegmentName(string Camera, Instant Start, Guid Id)
{
    public const string Extension = ".mp4";

    private static readonly InstantPattern FileTime = InstantPattern.CreateWithInvariantCulture("yyyyMMdd'T'HHmmss'.'fff'Z'");
    private static readonly InstantPattern Folder = InstantPattern.CreateWithInvariantCulture("yyyy/MM/dd/HH");

    /// <summary>Path below the volume, with forward slashes.</summary>
    public string RelativePath => string.Create(CultureInfo.InvariantCulture, $"{Camera}/{Folder.Format(Start)}/{FileTime.Format(Start)}_{Id:D}{Extension}");

    /// <summary>Reads a path below the volume; false for a file of any other form or in another folder than its own.</summary>
    public static bool TryParse(string relativePath, [NotNullWhen(true)] out SegmentName? name)
    {
        name = null;
        var parts = relativePath.Split('/');
        if (parts.Length != 6 || !IsCamera(parts[0])) return false;
        var file = parts[5];
        if (!file.EndsWith(Extension, StringComparison.Ordinal)) return false;
        var underscore = file.IndexOf('_', StringComparison.Ordinal);
        if (underscore < 0) return false;
        var time = FileTime.Parse(file[..underscore]);
        if (!time.Success || !Guid.TryParseExact(file[(underscore + 1)..^Extension.Length], "D", out var id)) return false;
        var parsed = new SegmentName(parts[0], time.Value, id);
        if (!string.Equals(parsed.RelativePath, relativePath, StringComparison.Ordinal)) return false;
        name = parsed;
        return true;
    }

    /// <summary>Whether a name has the form of a camera's slug, which is its folder; above all not <c>..</c>.</summary>
    public static bool IsCamera(string text) =>
        text.Length is >= 1 and <= 63 && text[0] != '-' && text[^1] != '-' && text.All(c => c == '-' || char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));
}
