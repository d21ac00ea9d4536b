using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Heldar.Local.Judge;

/// <summary>A recording as the disk has it. The segment's id is the last UUID in the file's name.</summary>
internal sealed partial record DiskSegment(Guid Segment, string File, DateTimeOffset LastWrite, long Bytes)
{
    private const string QuarantineFolder = "quarantine";

    /// <summary>When it begins by the box's clock, as its name says it; null when the name says none.</summary>
    public DateTimeOffset? Start =>
        DateTimeOffset.TryParseExact(Path.GetFileName(File).Split('_')[0], "yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset start) ? start : null;

    /// <summary>
    /// Whether a box of media lies whole in a file, by the lengths that the boxes themselves say (ISO/IEC 14496-12 §4.2). A kill in the middle of a write tears the fragment that was
    /// being written; what a player still finds in the torn one is part of what the kill cost.
    /// </summary>
    public static bool HasWholeMedia(string file)
    {
        using FileStream stream = System.IO.File.OpenRead(file);
        Span<byte> head = stackalloc byte[16];
        for (long at = 0; at + 8 <= stream.Length;)
        {
            stream.Position = at;
            int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            long length = BinaryPrimitives.ReadUInt32BigEndian(head);
            if (length == 1) length = read == head.Length ? BinaryPrimitives.ReadInt64BigEndian(head[8..]) : 0;
            if (length < 8 || length > stream.Length - at) return false;
            if (head[4..8].SequenceEqual("mdat"u8)) return true;
            at += length;
        }

        return false;
    }

    /// <summary>Files that recovery set aside because nothing in them can be played; what is in them is checked apart.</summary>
    public static IEnumerable<string> Quarantined(IEnumerable<string> folders) =>
        folders.Select(folder => Path.Combine(folder, QuarantineFolder)).Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));

    /// <summary>Every recording under the folders, by id. A file without an id in its name is a problem that <paramref name="unknown"/> gets.</summary>
    public static IReadOnlyDictionary<Guid, DiskSegment> Scan(IEnumerable<string> folders, Action<string>? unknown = null)
    {
        Dictionary<Guid, DiskSegment> found = [];
        foreach (string file in folders.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*.mp4", SearchOption.AllDirectories)))
        {
            if (Path.GetFileName(Path.GetDirectoryName(file)) == QuarantineFolder) continue;
            Match? id = Id().Matches(Path.GetFileName(file)).LastOrDefault();
            if (id is null)
            {
                unknown?.Invoke($"{file}: no segment id in its name");
                continue;
            }

            var segment = Guid.Parse(id.Value);
            var info = new FileInfo(file);
            if (!info.Exists) continue;
            if (!found.TryAdd(segment, new DiskSegment(segment, file, new DateTimeOffset(info.LastWriteTimeUtc), info.Length))) unknown?.Invoke($"{file}: its id is on the disk twice");
        }

        return found;
    }

    [GeneratedRegex("[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();
}
