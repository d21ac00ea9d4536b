using System.Security.Cryptography;
using Heldar.Contracts.Events;
using Heldar.Contracts.Evidence;
using Heldar.Edge.Seals;
using Heldar.Media.Mp4;
using Microsoft.Win32.SafeHandles;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>
/// One segment that is being written. The recorder makes it and reads the volatile parts; everything else belongs to the volume's thread. Hashes
/// run along with the bytes: nothing is read back.
/// </summary>
internal sealed class SegmentFile(Volume volume, string relativePath, SegmentLabel label, string slug, byte[] header, ISegmentOwner owner)
{
    private readonly List<byte[]> _leaves = new(64);
    private readonly List<RandomAccessPoint> _points = new(8);
    private IncrementalHash? _hash;
    private SafeFileHandle? _handle;
    private string? _sha256;
    private long? _cameraOffsetMs;
    private long _syncedLength;
    private Instant _syncedEnd;
    private volatile bool _broken;
    private volatile VolumeFault _fault;

    public Volume Volume => volume;

    public SegmentLabel Label => label;

    public string RelativePath => relativePath;

    public string Slug => slug;

    /// <summary>The copy on the mirror; set and used by whoever feeds the segment, before the first fragment.</summary>
    public SegmentCopy? Copy { get; set; }

    public string FullPath { get; } = Path.Combine(volume.Root, relativePath);

    public ISegmentOwner Owner => owner;

    /// <summary>Bytes written.</summary>
    public long Length { get; private set; }

    public int Frames { get; private set; }

    /// <summary>End of the newest fragment that was written.</summary>
    public Instant End { get; private set; } = label.Start;

    public long DurableLength { get; private set; }

    public Instant DurableEnd { get; private set; }

    /// <summary>It takes no more; read by any thread.</summary>
    public bool Broken => _broken;

    /// <summary>Why its volume gave it up, by the error of the operating system; read by any thread.</summary>
    public VolumeFault Fault => _fault;

    /// <summary>The same segment under the same path on another volume.</summary>
    public SegmentFile CopyFor(Volume other, ISegmentOwner otherOwner) => new(other, relativePath, label, slug, header, otherOwner);

    /// <summary>Makes the file and writes its head.</summary>
    /// <exception cref="LinkedPathException">It would lie behind a link: nothing is written, sealed or made.</exception>
    public void Open(SealLog seals)
    {
        if (volume.FirstLink(FullPath) is { } link) throw new LinkedPathException(link);
        Directory.CreateDirectory(Path.GetDirectoryName(FullPath)!);
        var digest = SHA256.HashData(header);
        seals.Append(new SealRecord
        {
            Type = SealType.Opened,
            Path = relativePath,
            Opened = new OpenedSeal(
                label.Segment, label.Camera, slug, label.Run, label.Start, label.Codec, label.Width, label.Height, header.Length, Convert.ToHexStringLower(digest)),
        });
        _handle = File.OpenHandle(FullPath, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
        RandomAccess.Write(_handle, header, 0);
        _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _hash.AppendData(header);
        _leaves.Add(digest);
        Length = header.Length;
    }

    /// <summary>Hashes, seals and writes a fragment with one gathered write.</summary>
    public void Write(FragmentJob job, SealLog seals, IncrementalHash fragmentHash)
    {
        foreach (var part in job.Parts) fragmentHash.AppendData(part.Span);
        var digest = fragmentHash.GetHashAndReset();
        Seal(seals, digest, job.Bytes, job.Frames, job.End);
        RandomAccess.Write(_handle!, job.Parts, Length);
        _leaves.Add(digest);
        foreach (var part in job.Parts) _hash!.AppendData(part.Span);
        if (job.RandomAccessTime >= 0) _points.Add(new RandomAccessPoint(job.RandomAccessTime, Length));
        Length += job.Bytes;
        Frames += job.Frames;
        End = Instant.Max(End, job.End);
        _cameraOffsetMs = job.CameraOffsetMs ?? _cameraOffsetMs;
    }

    /// <summary>Writes the tail. The file is not durable yet.</summary>
    /// <param name="seals">The volume's log.</param>
    /// <param name="end">Until when its last picture lasts, when that is known only now.</param>
    public void Finish(SealLog seals, Instant end)
    {
        End = Instant.Max(End, end);
        var tail = Mp4Tail.Build(_points);
        var digest = SHA256.HashData(tail);
        Seal(seals, digest, tail.Length, 0, End);
        RandomAccess.Write(_handle!, tail, Length);
        _leaves.Add(digest);
        _hash!.AppendData(tail);
        Length += tail.Length;
    }

    /// <summary>Cuts off what a failed write left behind. Never throws.</summary>
    public void Break(VolumeFault fault)
    {
        (_fault, _broken) = (fault, true);
        try
        {
            if (_handle is not null) RandomAccess.SetLength(_handle, Length);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The volume is gone, and recovery cuts the tail when it is back; or the file is closed already.
        }
    }

    /// <summary>The file system is about to be synced: what is written from now on may or may not be part of it.</summary>
    public void BeginSync() => (_syncedLength, _syncedEnd) = (Length, End);

    /// <summary>The file system was synced: what was written before it began is durable.</summary>
    public bool MarkDurable()
    {
        if (_syncedLength <= DurableLength) return false;
        (DurableLength, DurableEnd) = (_syncedLength, _syncedEnd);
        return true;
    }

    /// <summary>Waits until the file is on disk and closes it.</summary>
    public SegmentData Close()
    {
        if (_handle is null) throw new IOException($"{relativePath} was never opened");
        RandomAccess.FlushToDisk(_handle);
        _handle.Dispose();
        (DurableLength, DurableEnd) = (Length, End);
        _sha256 ??= Convert.ToHexStringLower(_hash!.GetHashAndReset());
        _hash?.Dispose();
        _hash = null;
        return new SegmentData
        {
            Segment = label.Segment,
            Camera = label.Camera,
            Revision = 1,
            Run = label.Run,
            Start = label.Start,
            End = End,
            Bytes = Length,
            Codec = label.Codec,
            Width = label.Width,
            Height = label.Height,
            Frames = Frames,
            Sha256 = _sha256,
            Root = Convert.ToHexStringLower(MerkleTree.Root(_leaves)),
            HashOrigin = HashOrigin.Recorded,
            CameraOffsetMs = _cameraOffsetMs,
            Provenance = label.Origin == SegmentOrigin.Camera ? FootageProvenance.Camera : null,
            Reason = label.Origin == SegmentOrigin.Camera ? "refilled" : "closed",
        };
    }

    /// <summary>Lets go of the file without closing it in order.</summary>
    public void Abandon(VolumeFault fault = VolumeFault.None)
    {
        if (fault != VolumeFault.None) _fault = fault;
        _handle?.Dispose();
        _hash?.Dispose();
        _hash = null;
    }

    /// <summary>The digest is in the log before the bytes are in the file, so that a torn file can be checked up to its last fragment.</summary>
    private void Seal(SealLog seals, byte[] digest, int bytes, int frames, Instant end)
    {
        var item = new FragmentSeal(Length, bytes, frames, end, Convert.ToHexStringLower(digest));
        seals.Append(new SealRecord { Type = SealType.Fragments, Fragments = new FragmentsSeal(label.Segment, [item]) });
    }
}
