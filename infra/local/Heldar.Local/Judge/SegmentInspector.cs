using System.Collections.Concurrent;
using Heldar.Local.Cameras;

namespace Heldar.Local.Judge;

/// <summary>What ffmpeg found in one recording.</summary>
/// <param name="File">The file.</param>
/// <param name="Camera">Its camera: the one whose name is a folder of the path.</param>
/// <param name="Marks">Its frames in decoding order.</param>
/// <param name="Complaint">What ffmpeg said while it decoded everything; null when it had nothing to say.</param>
internal sealed record InspectedSegment(DiskSegment File, CameraSpec Camera, IReadOnlyList<FrameMark> Marks, string? Complaint);

/// <summary>
/// Lets ffmpeg decode recordings from first to last frame and take their frame counters out, in one go, as many files at once as there are processors. A file that
/// did not change since is not read again. One caller at a time.
/// </summary>
internal sealed class SegmentInspector(IReadOnlyList<CameraSpec> cameras)
{
    private readonly ConcurrentDictionary<DiskSegment, InspectedSegment> _known = new();

    /// <summary>Inspects the files, in no order. One that belongs to no camera is a problem that <paramref name="unknown"/> gets.</summary>
    public async Task<IReadOnlyList<InspectedSegment>> InspectAsync(IEnumerable<DiskSegment> files, Action<string> unknown, CancellationToken cancellation)
    {
        ConcurrentBag<InspectedSegment> found = [];
        List<(DiskSegment File, CameraSpec Camera)> owned = [];
        foreach (DiskSegment file in files)
        {
            if (cameras.FirstOrDefault(camera => file.File.Split('/').Contains(camera.Name)) is { } camera) owned.Add((file, camera));
            else unknown($"{file.File}: belongs to no camera");
        }

        await Parallel.ForEachAsync(
            owned,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation },
            async (one, token) =>
            {
                if (!_known.TryGetValue(one.File, out InspectedSegment? known))
                {
                    (IReadOnlyList<FrameMark> marks, string? complaint) = await FrameCounter.DecodeAsync(one.File.File, one.Camera.Footage.Codec == "h265" ? "hevc" : one.Camera.Footage.Codec, token);
                    _known[one.File] = known = new InspectedSegment(one.File, one.Camera, marks, complaint);
                }

                found.Add(known);
            });
        return [.. found];
    }
}
