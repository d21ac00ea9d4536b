namespace Heldar.Edge.Fsck;

/// <summary>Invariant 3 for mirrors: a copy was sealed as the very bytes that its segment was. One that is missing or older is the mirror's to catch up with.</summary>
internal static class CopyCheck
{
    public static void Run(IReadOnlyList<SealedVolume> logs, IReadOnlyList<SealedVolume> copies, FsckReport report)
    {
        foreach (var mirror in copies)
        {
            foreach (var copy in mirror.Segments.Values.Where(s => s.DeletedAt is null))
            {
                foreach (var log in logs)
                {
                    if (log.Segments.TryGetValue(copy.Id, out var segment) && segment.Revision == copy.Revision && !segment.Sha256.AsSpan().SequenceEqual(copy.Sha256))
                        report.Add(new Finding(3, "copy-differs", copy.Path, $"{mirror.Volume.Root} sealed other bytes for it than {log.Volume.Root}"));
                }
            }
        }
    }
}
