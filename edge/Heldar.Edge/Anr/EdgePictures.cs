using Heldar.Media.Codecs;
using Heldar.Media.Mp4;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>Reads the pictures at the edges of a gap back from the files beside it.</summary>
internal static class EdgePictures
{
    /// <summary>Enough to tell still scenes apart, little enough to read at once.</summary>
    private const int Most = 100;
    private const int MostFragments = 12;

    /// <summary>The last pictures of a file, in decode order; none when it cannot be read.</summary>
    public static IReadOnlyList<DatedPicture> Last(string path, string codec) => Read(path, codec, last: true);

    /// <summary>The first pictures of a file, in decode order; none when it cannot be read.</summary>
    public static IReadOnlyList<DatedPicture> First(string path, string codec) => Read(path, codec, last: false);

    private static IReadOnlyList<DatedPicture> Read(string path, string codec, bool last)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var scan = SegmentScanner.Scan(file);
            if (scan.Label is not { } label) return [];
            var kind = codec.StartsWith("avc", StringComparison.Ordinal) ? MediaCodec.H264 : MediaCodec.H265;
            var fragments = last ? scan.Fragments.TakeLast(MostFragments) : scan.Fragments.Take(MostFragments);
            var pictures = fragments.SelectMany(f => FragmentPictures.Read(file, f))
                .Select(p => new DatedPicture(label.Start + Duration.FromNanoseconds(p.Time * 100_000 / 9), PictureDigest.Of(kind, p.Bytes.Span)));
            return last ? [.. pictures.TakeLast(Most)] : [.. pictures.Take(Most)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
