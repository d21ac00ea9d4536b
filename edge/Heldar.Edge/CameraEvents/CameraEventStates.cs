using System.Collections.Concurrent;
using System.Collections.Immutable;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>How the box stands with a camera's events.</summary>
internal enum CameraEventCondition
{
    /// <summary>It subscribes.</summary>
    Connecting,

    /// <summary>It gets them.</summary>
    Subscribed,

    /// <summary>It does not; the cause says why.</summary>
    Failed,
}

/// <summary>A camera's events now. Immutable.</summary>
/// <param name="Camera">Slug of the camera.</param>
/// <param name="Condition">How it stands.</param>
/// <param name="Since">Since when.</param>
/// <param name="Cause">Why they do not come; null when they do.</param>
internal sealed record CameraEventState(string Camera, CameraEventCondition Condition, Instant Since, string? Cause)
{
    /// <summary>Events that came, whether they trigger or not.</summary>
    public long Received { get; init; }

    /// <summary>Events that told of something that triggers.</summary>
    public long Triggered { get; init; }

    public Instant? LastEventAt { get; init; }

    /// <summary>What goes on, as the recording's source says it; null when nothing does.</summary>
    public string? GoesOn { get; init; }

    /// <summary>Topics that the camera has sent: what to choose from.</summary>
    public ImmutableSortedSet<string> Topics { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
}

/// <summary>The states of all cameras whose events the box follows. Each is written by its camera's watcher; read by anyone.</summary>
internal sealed class CameraEventStates
{
    private const int MaxTopics = 64;
    private readonly ConcurrentDictionary<Guid, CameraEventState> _states = new();

    /// <summary>What health warns of.</summary>
    public IEnumerable<string> Warnings =>
        _states.Values.Where(s => s.Condition == CameraEventCondition.Failed).OrderBy(s => s.Camera, StringComparer.Ordinal).Select(s => $"camera {s.Camera}: its events do not come, nothing triggers its recording: {s.Cause}");

    /// <summary>A camera's state; null when its events are not followed.</summary>
    public CameraEventState? Find(Guid camera) => _states.GetValueOrDefault(camera);

    /// <summary>Whether events that are wanted do not come.</summary>
    public bool IsLost(Guid camera) => Find(camera) is { Condition: CameraEventCondition.Failed };

    public void Set(Guid camera, string slug, CameraEventCondition condition, string? cause, Instant now) => _states.AddOrUpdate(
        camera,
        _ => new CameraEventState(slug, condition, now, cause),
        (_, before) => before with { Camera = slug, Condition = condition, Cause = cause, Since = before.Condition == condition ? before.Since : now, GoesOn = condition == CameraEventCondition.Subscribed ? before.GoesOn : null });

    /// <summary>Notes what a pull brought.</summary>
    public void Saw(Guid camera, IReadOnlyList<CameraEvent> events, int triggered, string? goesOn, Instant now)
    {
        if (_states.GetValueOrDefault(camera) is not { } before) return;
        var topics = before.Topics;
        foreach (var one in events)
            if (topics.Count < MaxTopics) topics = topics.Add(one.Topic);
        _states[camera] = before with { Received = before.Received + events.Count, Triggered = before.Triggered + triggered, LastEventAt = events.Count > 0 ? now : before.LastEventAt, GoesOn = goesOn, Topics = topics };
    }

    public void Forget(Guid camera) => _states.TryRemove(camera, out _);
}
