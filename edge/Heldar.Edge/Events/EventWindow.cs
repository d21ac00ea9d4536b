using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Events;

/// <summary>A recording that an event or a person asked for: wanted during [From, Until).</summary>
internal sealed record EventWindow(Guid Camera, WishReason Reason, Instant From, Instant Until, string Source)
{
    /// <summary>Shorter ones would end before their first picture.</summary>
    public static readonly Duration Shortest = Duration.FromSeconds(1);

    /// <summary>What happens at <paramref name="at"/> is part of the same recording.</summary>
    public bool Takes(WishReason reason, Instant at) => Reason == reason && From <= at && at <= Until;

    /// <summary>One that lasts until some time after now; a later end stays, unless it is further away than any event may ask for.</summary>
    public EventWindow Extend(Instant now, Duration postRoll, Duration longest) =>
        this with { Until = Instant.Min(Instant.Max(Until, now + Duration.Max(postRoll, Shortest)), now + longest) };
}
