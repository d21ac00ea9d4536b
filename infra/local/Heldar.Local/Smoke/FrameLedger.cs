using Heldar.Local.Cameras;

namespace Heldar.Local.Smoke;

/// <summary>What became of one camera's frames.</summary>
/// <param name="Recorded">Distinct frames on disk.</param>
/// <param name="Lost">Frames from the first recorded to the last sent that no file holds, outside the kill window.</param>
/// <param name="Duplicates">Frames that were found more than once.</param>
/// <param name="LostMs">Kill instant minus the last frame before it; 0 when there was no kill.</param>
/// <param name="DownMs">First frame after the kill minus the kill instant; 0 when there was no kill.</param>
internal sealed record FrameLedger(int Recorded, long Lost, long Duplicates, long LostMs, long DownMs)
{
    /// <summary>Counts.</summary>
    /// <param name="marks">All frames of the camera on disk, in any order.</param>
    /// <param name="lastSent">Number of the last frame that the camera sent, or null when it still sends.</param>
    /// <param name="killedAtUnixMs">When the camera's box was killed, or null.</param>
    public static FrameLedger Count(IReadOnlyList<FrameMark> marks, long? lastSent, long? killedAtUnixMs)
    {
        List<FrameMark> frames = [.. marks.DistinctBy(mark => mark.Counter).OrderBy(mark => mark.Counter)];
        long duplicates = marks.Count - frames.Count;
        if (frames.Count == 0) return new FrameLedger(0, lastSent ?? 0, 0, 0, 0);
        long lost = lastSent is { } last ? Math.Max(0, last - frames[^1].Counter) : 0;
        long lostMs = 0, downMs = 0;
        bool windowSeen = killedAtUnixMs is null;
        for (int at = 1; at < frames.Count; at++)
        {
            FrameMark before = frames[at - 1], after = frames[at];
            if (killedAtUnixMs is { } killed && before.CameraUnixMs <= killed && after.CameraUnixMs > killed)
            {
                windowSeen = true;
                lostMs = killed - before.CameraUnixMs;
                downMs = after.CameraUnixMs - killed;
                continue;
            }

            lost += after.Counter - before.Counter - 1;
        }

        // Nothing recorded after the kill (or before it): the window has no end, so everything beyond counts as lost.
        if (!windowSeen) lostMs = downMs = long.MaxValue;
        return new FrameLedger(frames.Count, lost, duplicates, lostMs, downMs);
    }
}
