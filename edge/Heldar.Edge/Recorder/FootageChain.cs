using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>
/// What of one recorder's footage is on disk, file by file in the order in which they began, and the holes between. A hole begins where the media ends that a disk
/// really kept, not where more was handed over, and is told when media behind it is on disk: files that a full disk did not take leave no trace but a longer hole.
/// Not thread-safe: under the recorder's lock.
/// </summary>
internal sealed class FootageChain
{
    /// <summary>The cause of a hole that nobody told anything about.</summary>
    public const string Unknown = "unknown";

    /// <summary>Shorter holes are none, unless a volume made them.</summary>
    private static readonly Duration Shortest = Duration.FromSeconds(1);

    /// <summary>Most files that are not settled; a recorder has one or two.</summary>
    private const int MaxLinks = 64;
    private readonly List<Link> _links = [];
    private Instant? _from;
    private string? _lostTo;

    /// <summary>End of the media that was handed over, as far as no volume gave it up.</summary>
    public Instant? MediaEnd { get; private set; }

    /// <summary>Newest holes, oldest first, at most <see cref="RecorderProgress.KeptBreaks"/>.</summary>
    public IReadOnlyList<RecordingBreak> Breaks { get; private set; } = [];

    /// <summary>Holes so far.</summary>
    public long BreakCount { get; private set; }

    /// <summary>More media was handed over.</summary>
    public void Extend(Instant end) => _from = MediaEnd = end;

    /// <summary>A volume took no media; the next hole is its doing, however short it is.</summary>
    /// <param name="cause">The word for it.</param>
    public void Lose(string cause) => _lostTo = cause;

    /// <summary>A file begins.</summary>
    /// <param name="segment">Its id.</param>
    /// <param name="start">Its first picture.</param>
    /// <param name="cause">Why there is a hole before it, if there is one.</param>
    /// <param name="rested">Nothing was wanted before it.</param>
    /// <returns>Whether there is a hole before it.</returns>
    public bool Begin(Guid segment, Instant start, string cause, bool rested)
    {
        if (_links.Count == MaxLinks) _links.RemoveAt(0);
        var from = rested ? null : _from;
        var hole = start - from > Shortest;
        _links.Add(new Link(segment, start, from, MediaEnd, Worse(hole, cause, _lostTo)) { IsLost = _lostTo is not null });
        _lostTo = null;
        return hole;
    }

    /// <summary>Media of the file is on disk: what lies before it is a hole for good. Answers where the unbroken footage begins anew, if it does.</summary>
    public Instant? Kept(Guid segment)
    {
        var last = _links.FindIndex(l => l.Segment == segment);
        Instant? since = null;
        // In order: an earlier file may only wait for its seal.
        for (var i = 0; i <= last; i++) since = Tell(_links[i]) ?? since;
        return since;
    }

    /// <summary>A file takes nothing more, and less is on disk than it was given.</summary>
    /// <param name="segment">Its id.</param>
    /// <param name="end">End of its media that is on disk; null when it has none.</param>
    /// <param name="cause">The word for what its volume did.</param>
    /// <returns>Where the unbroken footage begins anew, when a hole that was told became longer.</returns>
    public Instant? Lost(Guid segment, Instant? end, string cause)
    {
        var at = _links.FindIndex(l => l.Segment == segment);
        if (at < 0) return null;
        var link = _links[at];
        // Where nothing is missed before a file without media, the hole begins with it.
        var from = end ?? link.From ?? link.Start;
        if (end is null) _links.RemoveAt(at);
        var next = end is null ? at : at + 1;
        if (next == _links.Count)
        {
            (_from, MediaEnd, _lostTo) = (from, end ?? link.MediaBefore, cause);
            return null;
        }

        var follower = _links[next];
        if (follower.From is { } claimed && claimed <= from) return null;
        var hole = follower.Start - (follower.From ?? follower.Start) > Shortest;
        _links[next] = follower with { From = from, IsLost = true, Cause = Worse(hole, follower.Cause, cause), IsTold = false };
        return follower.IsTold ? Tell(_links[next]) : null;
    }

    /// <summary>Nothing changes any more about a file.</summary>
    public void Settle(Guid segment)
    {
        var link = _links.Find(l => l.Segment == segment);
        if (link is not null) link.IsSettled = true;
        while (_links.Count > 0 && _links[0] is { IsSettled: true, IsTold: true }) _links.RemoveAt(0);
    }

    /// <summary>What made a hole: the first thing that is known when it was one without the volume, the volume otherwise.</summary>
    private static string Worse(bool hole, string cause, string? volume) => (hole && cause != Unknown ? cause : volume) ?? cause;

    private Instant? Tell(Link link)
    {
        if (link.IsTold) return null;
        link.IsTold = true;
        if (link.From is not { } from || link.Start - from <= (link.IsLost ? Duration.Zero : Shortest)) return null;
        Breaks = [.. Breaks.TakeLast(RecorderProgress.KeptBreaks - 1), new RecordingBreak(from, link.Start, link.Cause)];
        BreakCount++;
        return link.Start;
    }

    /// <param name="Segment">Id of the file.</param>
    /// <param name="Start">Its first picture.</param>
    /// <param name="From">End of the footage before it; null when nothing is missed there.</param>
    /// <param name="MediaBefore">End of the media that was handed over before it.</param>
    /// <param name="Cause">Why there is a hole between, if there is one.</param>
    private sealed record Link(Guid Segment, Instant Start, Instant? From, Instant? MediaBefore, string Cause)
    {
        /// <summary>A volume made the hole.</summary>
        public bool IsLost { get; init; }

        public bool IsTold { get; set; }

        public bool IsSettled { get; set; }
    }
}
