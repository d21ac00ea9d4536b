using System.Security.Cryptography;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Media.Mp4;
using Heldar.Media.SegmentNames;

namespace Heldar.Edge.Fsck;

/// <summary>
/// Files against seals: invariant 3 (a file is what was sealed) and 8 (a file explains itself, nothing unknown lies about), and that no segment is there
/// twice (2). Links are named and never followed.
/// </summary>
internal sealed class FileCheck(SealedVolume log, FsckReport report, bool hash)
{
    private const int BufferBytes = 1 << 20;
    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>Segment files that no seal knows, below the volume: what a repair moves to quarantine.</summary>
    public List<string> Orphans { get; } = [];

    public void Run(CancellationToken cancellation)
    {
        foreach (var file in Files(new DirectoryInfo(log.Volume.Root)))
        {
            cancellation.ThrowIfCancellationRequested();
            Look(file, cancellation);
        }

        foreach (var lost in log.Segments.Values.Where(s => s is { OnDisk: false, DeletedAt: null }))
            report.Add(new Finding(3, "segment-lost", lost.Path, "it was closed and sealed, nothing says that it was deleted, and its file is gone; a mirror or an archive may have it"));
    }

    private void Look(FileSystemInfo file, CancellationToken cancellation)
    {
        var path = log.Volume.Relative(file.FullName);
        if (file.LinkTarget is not null)
        {
            report.Add(new Finding(8, "link", path, "a symbolic link lies among recordings; it is not followed: remove it"));
            return;
        }

        if (!SegmentName.TryParse(path, out var name))
        {
            report.Add(new Finding(8, "unknown-file", path, "this is no file of a box; move it away"));
            return;
        }

        report.Count("files");
        if (!log.Segments.TryGetValue(name.Id, out var segment))
        {
            if (log.Unclosed.ContainsKey(name.Id)) report.Add(new Finding(8, "unclosed", path, "a crash left it open; the next start salvages it"));
            else Orphans.Add(path);
            return;
        }

        if (!string.Equals(segment.Path, path, StringComparison.Ordinal) || segment.OnDisk)
        {
            report.Add(new Finding(2, "segment-twice", path, $"the same segment lies at {segment.Path}"));
            return;
        }

        segment.OnDisk = true;
        if (segment.DeletedAt is { } deleted && segment.DeletedBecause != "quarantined")
            report.Add(new Finding(8, "deleted-but-there", path, $"its deletion was sealed at {deleted}"));
        Compare(segment, path, cancellation);
    }

    private void Compare(SealedSegment segment, string path, CancellationToken cancellation)
    {
        try
        {
            using var file = File.OpenHandle(log.Volume.Resolve(path)!, FileMode.Open, FileAccess.Read);
            var length = RandomAccess.GetLength(file);
            if (length != segment.Bytes)
            {
                report.Add(new Finding(3, "segment-changed", path, $"it has {length} bytes; {segment.Bytes} were sealed"));
                return;
            }

            if (!hash) return;
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long at = 0; at < length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(file, _buffer, at);
                if (read == 0) break;
                digest.AppendData(_buffer, 0, read);
                at += read;
            }

            report.Count("bytes_hashed", length);
            if (!digest.GetHashAndReset().AsSpan().SequenceEqual(segment.Sha256)) report.Add(new Finding(3, "segment-changed", path, "its bytes are not those that were sealed"));
            else if (!SegmentScanner.Scan(file, cancellation).IsClosed) report.Add(new Finding(3, "segment-odd", path, "it is what was sealed, but not a whole segment"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            report.Add(new Finding(3, "segment-unreadable", path, e.Message));
        }
    }

    /// <summary>Everything below camera folders; the volume's own files and folders are left out.</summary>
    private static IEnumerable<FileSystemInfo> Files(DirectoryInfo root)
    {
        foreach (var entry in root.EnumerateFileSystemInfos())
        {
            if (entry.Name is SealFiles.Folder or Quarantine.Folder or "volume.json" || entry.Name.StartsWith('.') || entry.Name == "lost+found") continue;
            if (entry is DirectoryInfo { LinkTarget: null } folder)
                foreach (var inside in Below(folder)) yield return inside;
            else yield return entry;
        }
    }

    private static IEnumerable<FileSystemInfo> Below(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo { LinkTarget: null } inner)
                foreach (var inside in Below(inner)) yield return inside;
            else yield return entry;
        }
    }
}
