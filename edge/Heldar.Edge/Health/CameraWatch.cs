using System.Collections.Concurrent;
using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>A camera's condition with its beginning.</summary>
internal sealed record CameraHealth(CameraCondition Condition, string? Cause, Instant Since, string Name);

/// <summary>
/// Remembers each camera's condition and since when it holds, and says which changed. Written by the reporter's loop only; read by anyone.
/// </summary>
internal sealed class CameraWatch
{
    private readonly ConcurrentDictionary<Guid, CameraHealth> _known = new();

    public CameraHealth? Find(Guid camera) => _known.GetValueOrDefault(camera);

    /// <summary>Takes the cameras as they are and returns those whose condition, cause or name is new.</summary>
    public IReadOnlyList<(Guid Camera, CameraHealth Health)> Update(IReadOnlyList<CameraObserved> cameras, Instant now)
    {
        List<(Guid, CameraHealth)>? changed = null;
        foreach (var camera in cameras)
        {
            var uid = camera.Config.Uid;
            var before = _known.GetValueOrDefault(uid);
            if (before is not null && before.Condition == camera.Condition && before.Cause == camera.Cause && before.Name == camera.Config.Name) continue;
            var since = before?.Condition == camera.Condition ? before.Since : now;
            var health = new CameraHealth(camera.Condition, camera.Cause, since, camera.Config.Name);
            _known[uid] = health;
            (changed ??= []).Add((uid, health));
        }

        if (_known.Count > cameras.Count)
        {
            var present = cameras.Select(c => c.Config.Uid).ToHashSet();
            foreach (var (uid, _) in _known)
                if (!present.Contains(uid)) _known.TryRemove(uid, out _);
        }

        return changed ?? (IReadOnlyList<(Guid, CameraHealth)>)[];
    }
}
