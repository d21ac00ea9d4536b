using System.Security.Cryptography;
using Heldar.Contracts.Api;
using Heldar.Local.Cameras;
using Heldar.Local.Judge;

namespace Heldar.Local.Smoke;

/// <summary>Downloads one segment of each codec through the fleet and compares hash, codec and frame numbers.</summary>
internal sealed class SmokeDownload(FleetClient fleet, Action<bool, string> check)
{
    /// <summary>Downloads and checks.</summary>
    public async Task RunAsync(IReadOnlyList<RecordingItem> found, IReadOnlyDictionary<Guid, DiskSegment> files, string folder, CancellationToken cancellation)
    {
        HashSet<string> codecs = [];
        foreach (IGrouping<Guid, RecordingItem> camera in found.Where(item => item.Segment is { } id && files.ContainsKey(id)).GroupBy(item => item.Camera))
        {
            RecordingItem item = camera.OrderBy(one => one.Start).First();
            DiskSegment disk = files[item.Segment!.Value];
            string codec = await FrameCounter.CodecAsync(disk.File, cancellation);
            if (!codecs.Add(codec)) continue;
            string copy = Path.Combine(folder, $"download-{codec}.mp4");
            try
            {
                await fleet.DownloadAsync(item, copy, cancellation);
                await CompareAsync(item, disk, copy, codec, cancellation);
            }
            catch (Exception error) when (error is HttpRequestException or Processes.ProcessException)
            {
                check(false, $"download of {item.PlayUrl}: {error.Message}");
            }
        }

        check(codecs.SetEquals(["h264", "hevc"]), $"expected downloads of h264 and hevc, got: {string.Join(", ", codecs)}");
    }

    private async Task CompareAsync(RecordingItem item, DiskSegment disk, string copy, string codec, CancellationToken cancellation)
    {
        RecordingProof proof = await fleet.ProofAsync(item, cancellation);
        string hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(copy, cancellation)));
        check(proof.Segment == item.Segment, $"proof is of {proof.Segment}, not {item.Segment}");
        check(string.Equals(proof.Sha256, hash, StringComparison.OrdinalIgnoreCase), $"{item.PlayUrl}: SHA-256 {hash}, the proof says {proof.Sha256}");
        check(await FrameCounter.CodecAsync(copy, cancellation) == codec, $"{item.PlayUrl}: not {codec}");
        IReadOnlyList<FrameMark> wanted = await FrameCounter.ReadAsync(disk.File, codec, cancellation);
        IReadOnlyList<FrameMark> got = await FrameCounter.ReadAsync(copy, codec, cancellation);
        check(got.Count > 0 && got.SequenceEqual(wanted), $"{item.PlayUrl}: {got.Count} frames, the disk has {wanted.Count}");
        bool consecutive = got.Zip(got.Skip(1)).All(pair => pair.Second.Counter == pair.First.Counter + 1);
        check(consecutive, $"{item.PlayUrl}: frame numbers are not consecutive");
    }
}
