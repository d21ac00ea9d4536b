using System.Security.Cryptography;
using Heldar.Edge.Recovery;
using Heldar.Media.Mp4;
using Heldar.Media.SegmentNames;

namespace Heldar.Edge.Fsck;

/// <summary>
/// Files against seals: invariant 3 (a file is what was sealed) and 8 (a file explains itself, nothing unknown lies about), and that no segment is there
/// twice (2). Links are named and never followed, and a folder that cannot be read is told.
/// </summary>
internal sealed class FileCheck(SealedVolume log, FsckReport report, bool hash)
{
    private const int BufferBytes = 1 << 20;
    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>Segment files that no seal knows, below the volume: what a repair moves to quarantine.</summary>
    public List<string> Orphans { get; } = [];

    public void Run(CancellationToken cancellation)
    {
        List<string> unseen = [];
        foreach (var folder in RecordingFolders.Of(log.Volume))
        {
            foreach (var other in folder.Others)
            {
                if (other.IsLink) report.Add(new Finding(8, "link", other.Path, "a symbolic link lies among recordings; it is not followed: remove it"));
                else if (!StandsForASegment(other.Path)) report.Add(new Finding(8, "unknown-file", other.Path, "this is nothing of a box; move it away"));
            }

            if (folder.Trouble is { } why)
            {
                report.Add(new Finding(8, "folder-unreadable", folder.Path, $"what lies in it was not checked: {why}"));
                unseen.Add(folder.Path.Length == 0 ? "" : folder.Path + "/");
            }

            foreach (var name in folder.Segments)
            {
                cancellation.ThrowIfCancellationRequested();
                Look(name, cancellation);
            }
        }

        foreach (var lost in log.Segments.Values.Where(s => s is { OnDisk: false, DeletedAt: null } && !unseen.Exists(u => s.Path.StartsWith(u, StringComparison.Ordinal))))
            report.Add(new Finding(3, "segment-lost", lost.Path, "it was closed and sealed, nothing says that it was deleted, and its file is gone; a mirror or an archive may have it"));
    }

    /// <summary>Whether something that is no file has the place of a segment.</summary>
    private bool StandsForASegment(string path)
    {
        if (!SegmentName.TryParse(path, out var name) || !log.Segments.TryGetValue(name.Id, out var segment) || !string.Equals(segment.Path, path, StringComparison.Ordinal)) return false;
        segment.OnDisk = true;
        report.Add(new Finding(3, "segment-unreadable", path, "something that is no file, such as a pipe or a socket, has the place of what was sealed; move it away"));
        return true;
    }

    private void Look(SegmentName name, CancellationToken cancellation)
    {
        var path = name.RelativePath;
        report.Count("files");
        if (!log.Segments.TryGetValue(name.Id, out var segment))
        {
            if (log.Unclosed.ContainsKey(name.Id)) report.Add(new Finding(8, "unclosed", path, "a crash or a failing disk left it open; the next start salvages it, or the daily sweep; --repair does it now"));
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
}
