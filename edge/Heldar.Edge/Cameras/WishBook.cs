using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>
/// The one place that says from when to when recording of a camera is wanted, and why: its mode decides which sources count. The camera's actor, the ledger of
/// gaps and the API all ask here. Reads memory only; thread-safe.
/// </summary>
internal sealed class WishBook(IEnumerable<IWishSource> sources, WishTiming timing)
{
    /// <summary>How far ahead a change is looked for: more than a week of any schedule.</summary>
    private static readonly Duration Horizon = Duration.FromDays(8);
    private readonly IWishSource[] _sources = [.. sources];

    /// <summary>A camera waits no longer than this before it looks at its clock again.</summary>
    public Duration LongestWait => timing.LongestWait;

    /// <summary>Every wish that overlaps [from, to), by its begin. They may overlap each other and reach beyond.</summary>
    public IReadOnlyList<Wish> Between(CameraConfig camera, Instant from, Instant to)
    {
        if (!camera.Enabled || to <= from) return [];
        var wishes = camera.Mode == RecordMode.Continuous ? [new Wish(Instant.MinValue, Instant.MaxValue, WishReason.Continuous)] : new List<Wish>();
        foreach (var source in _sources) wishes.AddRange(source.Between(camera.Uid, from, to).Where(w => Counts(camera.Mode, w.Reason) && w.To > w.From));
        wishes.Sort((a, b) => a.From.CompareTo(b.From));
        return wishes;
    }

    /// <summary>The same without reasons: merged and cut to [from, to).</summary>
    public IReadOnlyList<Stretch> Wanted(CameraConfig camera, Instant from, Instant to) =>
        Stretch.Merge(Between(camera, from, to).Select(w => new Stretch(Instant.Max(from, w.From), Instant.Min(to, w.To))));

    /// <summary>What is wanted at a moment, and until when that holds.</summary>
    public WishNow At(CameraConfig camera, Instant now)
    {
        if (!camera.Enabled) return WishNow.Nothing;
        var horizon = now + Horizon;
        var wishes = Between(camera, now, horizon);
        var current = wishes.Where(w => w.From <= now && w.To > now).ToList();
        if (current.Count == 0)
        {
            var first = wishes.Count > 0 ? wishes[0].From : (Instant?)null;
            return new WishNow([], null, first ?? horizon, first is null && NeverArmed(camera, now, horizon));
        }

        var end = now;
        foreach (var wish in wishes)
            if (wish.From <= end) end = Instant.Max(end, wish.To);
        return end == Instant.MaxValue ? new WishNow(current, null, null, false) : new WishNow(current, end >= horizon ? null : end, Instant.Min(end, horizon), false);
    }

    /// <summary>Whether an event at this moment starts a recording.</summary>
    public bool IsArmed(CameraConfig camera, Instant at) => camera.Enabled && camera.Mode switch
    {
        RecordMode.Event => true,
        RecordMode.ScheduledEvent => Scheduled(camera, at, at + Duration.Epsilon),
        _ => false,
    };

    private static bool Counts(RecordMode mode, WishReason reason) => reason switch
    {
        WishReason.Schedule => mode == RecordMode.Scheduled,
        WishReason.Event => mode.TakesEvents(),
        _ => true,
    };

    private bool NeverArmed(CameraConfig camera, Instant from, Instant to) =>
        camera.Mode is RecordMode.Scheduled or RecordMode.ScheduledEvent && !Scheduled(camera, from, to);

    private bool Scheduled(CameraConfig camera, Instant from, Instant to) =>
        _sources.Any(s => s.Between(camera.Uid, from, to).Any(w => w.Reason == WishReason.Schedule));
}
