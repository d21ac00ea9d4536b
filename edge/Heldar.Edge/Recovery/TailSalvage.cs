using System.Security.Cryptography;
using Heldar.Contracts.Events;
using Heldar.Contracts.Evidence;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Media.Mp4;
using Heldar.Media.SegmentNames;
using Heldar.Media.Streams;
using Microsoft.Win32.SafeHandles;
using NodaTime;

namespace Heldar.Edge.Recovery;

/// <summary>What became of one file.</summary>
/// <param name="Data">The salvaged segment; null when the file is gone or in quarantine.</param>
/// <param name="LostBytes">Bytes of a torn tail that were cut off.</param>
/// <param name="Cause">Why it went to quarantine; null otherwise.</param>
/// <param name="Seal">What the seal log must get; null when the file is gone.</param>
internal sealed record SalvageResult(SegmentData? Data, long LostBytes, string? Cause, SealRecord? Seal);

/// <summary>
/// Cuts a file that a crash left open to its last whole fragment that hashes to what was sealed before it was written, and seals it with revision 2. A piece whose
/// digest differs from its seal never reached the disk whole (a power cut leaves zeros), so the file ends before it. A piece whose seal was lost as well stays only
/// when its media can be whole.
/// </summary>
internal static class TailSalvage
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Salvages one file that nobody writes; the caller seals what became of it.</summary>
    /// <exception cref="IOException">The volume failed; the file stays for another time.</exception>
    public static SalvageResult Run(Volume volume, UnclosedSegment unclosed, CancellationToken cancellation)
    {
        var full = volume.Resolve(unclosed.Path);
        if (full is null || !File.Exists(full) || SpecialFile.Is(full) || volume.FirstLink(full) is not null) return new(null, 0, null, null);
        var (data, lost, cause) = Cut(full, unclosed, cancellation);
        if (data is not null) return new(data, lost, null, new SealRecord { Type = SealType.Salvaged, Path = unclosed.Path, Data = data });
        Quarantine.SetAside(volume, unclosed.Path);
        return new(null, lost, cause, Quarantine.Record(unclosed.Path, cause!));
    }

    private static (SegmentData? Data, long Lost, string? Cause) Cut(string full, UnclosedSegment unclosed, CancellationToken cancellation)
    {
        using var file = File.OpenHandle(full, FileMode.Open, FileAccess.ReadWrite);
        var scan = SegmentScanner.Scan(file, cancellation);
        if (scan.Label is not { } label) return (null, 0, "the head of the file is not whole");
        if (!SegmentName.TryParse(unclosed.Path, out var name) || name.Id != label.Segment) return (null, 0, "the file's name is not that of the segment inside");
        var pieces = Verify(file, scan, unclosed, cancellation);
        if (pieces.Fragments == 0) return (null, 0, "no fragment of the file is whole");
        if (pieces.Length < scan.FileLength) RandomAccess.SetLength(file, pieces.Length);
        RandomAccess.FlushToDisk(file);
        var last = scan.Fragments[pieces.Fragments - 1];
        var end = unclosed.Pieces.TryGetValue(last.Offset, out var sealedPiece) ? sealedPiece.End : label.Start + Duration.FromMilliseconds(scan.Fragments.Take(pieces.Fragments).Max(f => f.EndTime) * 1000 / VideoFormat.ClockRate);
        var data = new SegmentData
        {
            Segment = label.Segment,
            Camera = label.Camera,
            Revision = 2,
            Run = label.Run,
            Start = label.Start,
            End = end,
            Bytes = pieces.Length,
            Codec = label.Codec,
            Width = label.Width,
            Height = label.Height,
            Frames = scan.Fragments.Take(pieces.Fragments).Sum(f => f.Frames),
            Sha256 = pieces.Sha256,
            Root = Convert.ToHexStringLower(MerkleTree.Root(pieces.Leaves)),
            HashOrigin = pieces.Original ? HashOrigin.Recorded : HashOrigin.Recomputed,
            Provenance = label.Origin == SegmentOrigin.Camera ? FootageProvenance.Camera : null,
            Reason = "salvaged",
        };
        return (data, scan.FileLength - pieces.Length, null);
    }

    private static Verified Verify(SafeFileHandle file, SegmentScan scan, UnclosedSegment unclosed, CancellationToken cancellation)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        List<byte[]> leaves = [];
        var head = Piece(file, 0, scan.HeaderLength, whole);
        leaves.Add(head);
        var original = unclosed.Opened is { } opened && opened.HeaderBytes == scan.HeaderLength && opened.HeaderSha256 == Convert.ToHexStringLower(head);
        long length = scan.HeaderLength;
        var count = 0;
        foreach (var fragment in scan.Fragments)
        {
            cancellation.ThrowIfCancellationRequested();
            var known = unclosed.Pieces.GetValueOrDefault(fragment.Offset);
            using var ahead = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var digest = Piece(file, fragment.Offset, fragment.Length, ahead);
            if (known is not null && (known.Bytes != fragment.Length || known.Sha256 != Convert.ToHexStringLower(digest))) break;
            if (known is null && !FragmentMedia.CanBeWhole(file, fragment)) break;
            original &= known is not null;
            Feed(file, fragment.Offset, fragment.Length, whole);
            leaves.Add(digest);
            length += fragment.Length;
            count++;
        }

        if (scan.TailLength > 0 && count == scan.Fragments.Count)
        {
            leaves.Add(Piece(file, length, scan.TailLength, whole));
            length += scan.TailLength;
        }

        return new(count, length, leaves, Convert.ToHexStringLower(whole.GetHashAndReset()), original);
    }

    /// <summary>Digest of a stretch; its bytes are fed to <paramref name="whole"/> as well.</summary>
    private static byte[] Piece(SafeFileHandle file, long offset, long length, IncrementalHash whole)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Feed(file, offset, length, hash, whole);
        return hash.GetHashAndReset();
    }

    private static void Feed(SafeFileHandle file, long offset, long length, params ReadOnlySpan<IncrementalHash> hashes)
    {
        var buffer = new byte[Math.Min(length, BufferBytes)];
        for (var at = offset; at < offset + length;)
        {
            var read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, offset + length - at)), at);
            if (read == 0) throw new IOException("the file became shorter while it was read");
            foreach (var hash in hashes) hash.AppendData(buffer, 0, read);
            at += read;
        }
    }

    private sealed record Verified(int Fragments, long Length, List<byte[]> Leaves, string Sha256, bool Original);
}
