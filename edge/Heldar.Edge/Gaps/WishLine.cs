using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>An unbroken wish for footage.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">End; null while it stands.</param>
/// <param name="Jumped">It lay whole in a time that the clock jumped over.</param>
internal sealed record TrackedWish(Instant From, Instant? To, bool Jumped = false);

/// <summary>The wishes of one camera that are not judged yet, oldest first, taken from what is asked about the time since the last look. Owned by its tracker.</summary>
internal sealed class WishLine(KnownCamera known)
{
    /// <summary>Clocks are corrected by less all the time.</summary>
    private static readonly Duration Correction = Duration.FromSeconds(2);
    private readonly List<TrackedWish> _line = known.WantedSince is { } since ? [new TrackedWish(since, null)] : [];
    private bool _looked;

    /// <summary>Wishes are known up to here.</summary>
    public Instant? Asked { get; private set; } = known.SeenAt ?? known.Through ?? known.WantedSince;

    /// <summary>The oldest.</summary>
    public TrackedWish? Current => _line.Count > 0 ? _line[0] : null;

    /// <summary>Whether the clock was set back since the last look.</summary>
    public bool WentBack(Instant now) => _looked && Asked is { } asked && asked - now > Correction;

    /// <summary>Asks what was wanted since the last look.</summary>
    public void Ask(Func<Instant, Instant, IReadOnlyList<Stretch>> wanted, Instant now)
    {
        var from = Asked ?? now;
        if (!_looked && now < from) from = now;
        if (now < from) return;
        var jumped = _looked && now - from > GapTracker.Patience;
        (_looked, Asked) = (true, now);
        var goesOn = false;
        // One tick more than now: what is wanted now, too, if only since now.
        foreach (var stretch in wanted(from, now + Duration.Epsilon))
        {
            Instant? end = stretch.End > now ? null : stretch.End;
            if (stretch.Start <= from && _line.Count > 0 && _line[^1].To is null)
            {
                goesOn = true;
                _line[^1] = _line[^1] with { To = end };
            }
            else
            {
                EndLast(from, goesOn);
                goesOn = true;
                _line.Add(new TrackedWish(stretch.Start, end, jumped && end is not null));
            }
        }

        EndLast(from, goesOn);
    }

    /// <summary>The current wish began later than it seemed.</summary>
    public TrackedWish BeginAt(Instant from) => _line[0] = _line[0] with { From = from };

    /// <summary>The current wish is judged.</summary>
    public void Drop() => _line.RemoveAt(0);

    /// <summary>Forgets all; what is wanted counts from the next look on.</summary>
    public void Clear()
    {
        _line.Clear();
        (_looked, Asked) = (true, null);
    }

    private void EndLast(Instant at, bool goesOn)
    {
        if (!goesOn && _line.Count > 0 && _line[^1].To is null) _line[^1] = _line[^1] with { To = Instant.Max(at, _line[^1].From) };
    }
}
