using Heldar.Local.Cameras;
using Heldar.Local.Emulator;

namespace Heldar.Local.Smoke;

/// <summary>Compares the frames on disk with those that the cameras sent. A file belongs to the camera whose name is a folder of its path: no index is asked.</summary>
internal sealed class SmokeFrames(Stack stack, Box victim, long killedAtUnixMs)
{
    /// <summary>Sums over all cameras; the times are the largest of the killed box's.</summary>
    public async Task<FrameLedger> CountAsync(IReadOnlyDictionary<Guid, DiskSegment> files, Action<string> say, CancellationToken cancellation)
    {
        var total = new FrameLedger(0, 0, 0, 0, 0);
        IReadOnlyList<CameraState> states = await stack.Cameras.ListAsync(cancellation);
        foreach (CameraSpec camera in stack.CameraSpecs)
        {
            List<FrameMark> marks = [];
            foreach (DiskSegment file in files.Values.Where(file => file.File.Split('/').Contains(camera.Name))) marks.AddRange(await FrameCounter.ReadAsync(file.File, codec: null, cancellation));
            CameraState state = states.Single(one => one.Name == camera.Name);
            FrameLedger one = FrameLedger.Count(marks, state.Sent.Count > 0 ? state.Sent[^1][1] : null, victim.Cameras.Contains(camera.Name) ? killedAtUnixMs : null);
            say($"{camera.Name}: {one.Recorded} frames on disk, {one.Lost} lost, {one.Duplicates} twice{(one.DownMs > 0 ? $", kill lost {one.LostMs} ms, down {one.DownMs} ms" : "")}");
            total = new FrameLedger(total.Recorded + one.Recorded, total.Lost + one.Lost, total.Duplicates + one.Duplicates, Math.Max(total.LostMs, one.LostMs), Math.Max(total.DownMs, one.DownMs));
        }

        return total;
    }
}
