using Heldar.Local.Cameras;

namespace Heldar.Local.Judge;

/// <summary>What became of one camera's frames.</summary>
/// <param name="Recorded">Distinct frames on disk.</param>
/// <param name="Lost">Frames from the first recorded to the last sent that no file holds, outside the kill windows.</param>
/// <param name="Duplicates">Frames that were found more than once.</param>
/// <param name="LostMs">Kill instant minus the last frame before it, the largest of all kills; 0 when there was none.</param>
/// <param name="DownMs">First frame after the kill minus the kill instant, the largest of all kills; 0 when there was none.</param>
internal sealed record FrameLedger(int Recorded, long Lost, long Duplicates, long LostMs, long DownMs)
{
    /// <summary>A camera that sent a frame so shortly before a kill was sending to the box that was killed, and one that stopped so shortly after it was, too: no box starts as fast.</summary>
    private const long StillSendingMs = 1000;

    /// <summary>Nothing recorded, nothing lost.</summary>
    public static FrameLedger Empty { get; } = new(0, 0, 0, 0, 0);

    /// <summary>Counts.</summary>
    /// <param name="marks">All frames of the camera on disk, in any order.</param>
    /// <param name="sent">Ranges of counters, first and last, that the camera sent; null for a camera that never paused and still sends.</param>
    /// <param name="killsUnixMs">
    /// When the camera's box was killed, on the camera's clock. A kill's window reaches from the last frame before it to the first frame after it; of several kills
    /// in one window the first counts, and each later one from the first frame that the camera sent since the kill before; so do kills before anything was recorded.
    /// </param>
    public static FrameLedger Count(IReadOnlyList<FrameMark> marks, IReadOnlyList<long[]>? sent, params IReadOnlyList<long> killsUnixMs) => Count(marks, sent, killsUnixMs, excused: null);

    /// <summary>Counts; a frame between two recorded ones is not lost when <paramref name="excused"/> is true for the time, on the camera's clock, that it was sent.</summary>
    public static FrameLedger Count(IReadOnlyList<FrameMark> marks, IReadOnlyList<long[]>? sent, IReadOnlyList<long> killsUnixMs, Func<long, bool>? excused)
    {
        List<FrameMark> frames = [.. marks.DistinctBy(mark => mark.Counter).OrderBy(mark => mark.Counter)];
        long duplicates = marks.Count - frames.Count;
        if (frames.Count == 0) return Empty with { Lost = Sent(sent, 0, long.MaxValue) };
        long lost = sent is null ? 0 : Sent(sent, frames[^1].Counter + 1, long.MaxValue);
        long lostMs = 0, downMs = 0;
        for (int at = 1; at < frames.Count; at++)
        {
            FrameMark before = frames[at - 1], after = frames[at];
            List<long> here = [.. killsUnixMs.Where(kill => before.CameraUnixMs <= kill && after.CameraUnixMs > kill)];
            if (here.Count == 0)
            {
                lost += excused is null ? Sent(sent, before.Counter + 1, after.Counter - 1) : Between(before, after, sent, excused);
                continue;
            }

            lostMs = Math.Max(lostMs, Math.Max(here.Min() - before.CameraUnixMs, LostUnrecorded(before, after, sent, [.. here.Order()])));
            downMs = Math.Max(downMs, after.CameraUnixMs - here.Min());
        }

        foreach (long kill in killsUnixMs.Where(kill => kill < frames[0].CameraUnixMs)) lostMs = Math.Max(lostMs, LostBeforeAll(kill, frames, sent));

        // Nothing recorded after a kill: the window has no end, so everything beyond counts as lost.
        if (killsUnixMs.Any(kill => kill >= frames[^1].CameraUnixMs)) lostMs = downMs = long.MaxValue;
        return new FrameLedger(frames.Count, lost, duplicates, lostMs, downMs);
    }

    /// <summary>Frames between two, each looked at by itself.</summary>
    private static long Between(FrameMark before, FrameMark after, IReadOnlyList<long[]>? sent, Func<long, bool> excused)
    {
        long lost = 0;
        for (long counter = before.Counter + 1; counter < after.Counter; counter++)
            if (!excused(TimeOf(counter, before, after))) lost += Sent(sent, counter, counter);
        return lost;
    }

    private static long TimeOf(long counter, FrameMark before, FrameMark after) =>
        before.CameraUnixMs + ((counter - before.Counter) * (after.CameraUnixMs - before.CameraUnixMs) / (after.Counter - before.Counter));

    /// <summary>
    /// A kill before which nothing is on disk at all: lost is what the camera was sending then, from its first frame. What it sent earlier, to somebody else, is not this box's. When
    /// that cannot be told, everything counts as lost.
    /// </summary>
    private static long LostBeforeAll(long kill, List<FrameMark> frames, IReadOnlyList<long[]>? sent)
    {
        if (sent is null || frames.Count < 2) return long.MaxValue;
        long most = 0;
        foreach (long[] range in sent)
        {
            (long began, long ended) = (TimeOf(range[0], frames[0], frames[^1]), TimeOf(range[1], frames[0], frames[^1]));
            if (began <= kill && ended >= kill - StillSendingMs) most = Math.Max(most, kill - began);
        }

        return most;
    }

    /// <summary>
    /// Of kills in one window all but the first: nothing is on disk of what the camera had sent since the kill before. What it began to send to a box that was killed at that moment,
    /// and stopped when it saw that nobody listens, was not sent to the next one.
    /// </summary>
    private static long LostUnrecorded(FrameMark before, FrameMark after, IReadOnlyList<long[]>? sent, List<long> kills)
    {
        long most = 0;
        for (int kill = 1; kill < kills.Count; kill++)
        {
            foreach (long[] range in sent ?? [])
            {
                (long began, long ended) = (TimeOf(range[0], before, after), TimeOf(range[1], before, after));
                if (began > kills[kill - 1] && began < kills[kill] && (ended > kills[kill - 1] + StillSendingMs || ended >= kills[kill] - StillSendingMs)) most = Math.Max(most, kills[kill] - began);
            }
        }

        return most;
    }

    /// <summary>Both cameras' frames together; the times are the larger ones.</summary>
    public static FrameLedger operator +(FrameLedger a, FrameLedger b) =>
        new(a.Recorded + b.Recorded, a.Lost + b.Lost, a.Duplicates + b.Duplicates, Math.Max(a.LostMs, b.LostMs), Math.Max(a.DownMs, b.DownMs));

    /// <summary>Frames from one counter to another, both included, that were sent.</summary>
    private static long Sent(IReadOnlyList<long[]>? ranges, long first, long last) => ranges is null
        ? last == long.MaxValue ? 0 : Math.Max(0, last - first + 1)
        : ranges.Sum(range => Math.Max(0, Math.Min(last, range[1]) - Math.Max(first, range[0]) + 1));
}
