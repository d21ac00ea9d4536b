using System.Collections.Concurrent;
using Heldar.Local.Cameras;

namespace Heldar.Local.Judge;

/// <summary>
/// The frames that recordings hold, by camera. A file belongs to the camera whose name is a folder of its path: no index is asked. Files are read by ffmpeg, as
/// many at once as there are processors; one that did not change since is not read again. One caller at a time.
/// </summary>
internal sealed class RecordedFrames
{
    private readonly ConcurrentDictionary<DiskSegment, IReadOnlyList<FrameMark>> _read = new();

    /// <summary>Every frame of one camera in the files, in no order.</summary>
    public async Task<IReadOnlyList<FrameMark>> OfAsync(CameraSpec camera, IEnumerable<DiskSegment> files, CancellationToken cancellation)
    {
        List<DiskSegment> own = [.. files.Where(file => file.File.Split('/').Contains(camera.Name))];
        string codec = camera.Footage.Codec == "h265" ? "hevc" : camera.Footage.Codec;
        await Parallel.ForEachAsync(
            own.Where(file => !_read.ContainsKey(file)),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation },
            async (file, token) => _read[file] = await FrameCounter.ReadAsync(file.File, codec, token));
        return [.. own.SelectMany(file => _read[file])];
    }
}
