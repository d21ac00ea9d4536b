using NodaTime;

namespace Heldar.Edge.Events;

/// <summary>What became of a trigger.</summary>
internal enum TriggerResult
{
    /// <summary>It starts or extends a recording.</summary>
    Recording,

    /// <summary>The camera takes no events now: its mode has none, or its schedule is off.</summary>
    NotArmed,

    /// <summary>The camera is switched off.</summary>
    Disabled,

    /// <summary>There is no such camera.</summary>
    NotFound,
}

/// <summary>Answer to a trigger.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="From">Begin of the recording's wish; the pre-roll lies before it.</param>
/// <param name="Until">Its end, unless more happens.</param>
internal sealed record TriggerAnswer(TriggerResult Result, Instant? From = null, Instant? Until = null);

/// <summary>Where whoever sees something happen says so: zones, camera events, inputs. Cheap enough for every observation; thread-safe.</summary>
internal interface IEventTrigger
{
    /// <summary>Something happened in front of a camera; its recording starts or goes on when its mode takes events now.</summary>
    /// <param name="camera">Uid of the camera.</param>
    /// <param name="source">What saw it, for people, such as <c>zone:driveway</c>; 1 to 100 printable characters.</param>
    /// <param name="at">When it happened; at most a minute ago counts.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    Task<TriggerAnswer> TriggerAsync(Guid camera, string source, Instant at, CancellationToken cancellation);
}
