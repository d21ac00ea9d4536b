using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.RuntimeSettings;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>Limits of health that people change at run time.</summary>
/// <param name="MinRecordingPercent">Of the cameras that should record now, this share must, or the box is not ready: 0 to 100, default 75; 0 never asks.</param>
internal sealed record HealthLimits(int MinRecordingPercent)
{
    public static SettingsGroup<HealthLimits> Group(int minRecordingPercent) => new("health", new HealthLimits(minRecordingPercent), Mistakes);

    private static IEnumerable<string> Mistakes(HealthLimits limits)
    {
        if (limits.MinRecordingPercent is < 0 or > 100) yield return "min_recording_percent must be 0 to 100; 0 never asks";
    }
}

/// <summary>A camera whose footage is wanted now and has been missing for a while.</summary>
internal sealed record MissingCamera(string Slug, CameraCondition Condition, string? Cause);

/// <summary>How many cameras record of those that should.</summary>
/// <param name="Wanted">Cameras whose footage is wanted now, without those that were only just asked.</param>
/// <param name="Recording">How many of them record.</param>
/// <param name="Required">Percent that must.</param>
/// <param name="Missing">Those that do not, by slug.</param>
internal sealed record QuorumNow(int Wanted, int Recording, int Required, IReadOnlyList<MissingCamera> Missing)
{
    /// <summary>Whoever has nothing to record records all of it.</summary>
    public double Percent => Wanted == 0 ? 100 : Math.Round(100.0 * Recording / Wanted, 1);

    public bool IsReached => Recording * 100L >= (long)Required * Wanted;

    /// <summary>Why it is not reached, without naming a camera; null when it is.</summary>
    public string? Cause => IsReached
        ? null
        : $"{Recording} of {Wanted} cameras that should record do, and {Required} % must: "
            + string.Join(", ", Missing.GroupBy(m => m.Condition).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Select(g => $"{g.Count()} {Word(g.Key)}"));

    public static string Word(CameraCondition condition) => Api.BoxJson.Options.PropertyNamingPolicy!.ConvertName(condition.ToString());
}

/// <summary>
/// Counts the cameras that record against those that should at this moment: idle ones by schedule or for want of an event, and disabled ones, do not count. A camera that
/// was just asked to record has <see cref="Grace"/> to begin, one that did record <see cref="Patience"/> to come back; judged from what reaches the disk. Thread-safe.
/// </summary>
internal sealed partial class RecordingQuorum(SettingsGroup<HealthLimits> limits, ILogger<RecordingQuorum> log)
{
    /// <summary>From the wish, or the start of the box, until a camera without footage counts as missing.</summary>
    public static readonly Duration Grace = Duration.FromSeconds(60);

    /// <summary>How long the footage of a camera may stay away before it counts as missing: a reconnect is no failure of the box.</summary>
    public static readonly Duration Patience = Duration.FromSeconds(20);

    private const int MostNamed = 20;
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Entry> _cameras = [];
    private volatile QuorumNow? _last;

    /// <summary>Takes all cameras as they are; called once a second and for every question.</summary>
    public QuorumNow Look(IReadOnlyList<CameraObserved> cameras, Instant now)
    {
        lock (_lock)
        {
            var (wanted, recording) = (0, 0);
            var missing = new List<MissingCamera>();
            foreach (var camera in cameras.OrderBy(c => c.Config.Slug, StringComparer.Ordinal))
            {
                if (!camera.Wish.IsWanted)
                {
                    _cameras.Remove(camera.Config.Uid);
                    continue;
                }

                var state = Follow(camera, now);
                if (state is null) continue;
                wanted++;
                if (state.Value) recording++;
                else missing.Add(new MissingCamera(camera.Config.Slug, camera.Condition, camera.Cause));
            }

            if (_cameras.Count > cameras.Count)
                foreach (var gone in _cameras.Keys.Except(cameras.Select(c => c.Config.Uid)).ToList()) _cameras.Remove(gone);
            var before = _last;
            var next = new QuorumNow(wanted, recording, limits.Current.MinRecordingPercent, missing);
            _last = next;
            if (next.Cause is { } cause && before is not { IsReached: false }) LogLost(cause);
            else if (next.IsReached && before is { IsReached: false }) LogReached(next.Recording, next.Wanted);
            return next;
        }
    }

    /// <summary>Every camera that should record and does not, for people of the box.</summary>
    public IEnumerable<string> Warnings()
    {
        var missing = _last?.Missing ?? [];
        foreach (var camera in missing.Take(MostNamed)) yield return $"{camera.Slug} should record and does not: {QuorumNow.Word(camera.Condition)}{(camera.Cause is { } cause ? ", " + cause : "")}";
        if (missing.Count > MostNamed) yield return $"{missing.Count - MostNamed} more cameras should record and do not";
    }

    /// <summary>Whether it records; null while it is too early to say.</summary>
    private bool? Follow(CameraObserved camera, Instant now)
    {
        if (!_cameras.TryGetValue(camera.Config.Uid, out var entry)) _cameras[camera.Config.Uid] = entry = new Entry();
        if (camera.Condition == CameraCondition.Recording)
        {
            (entry.Recorded, entry.MissingSince) = (true, null);
            return true;
        }

        // A clock that was set back begins anew.
        if (entry.MissingSince is not { } since || since > now) entry.MissingSince = since = now;
        if (now - since >= (entry.Recorded ? Patience : Grace)) return false;
        return entry.Recorded ? true : null;
    }

    [LoggerMessage(1811, LogLevel.Error, "Too few cameras record: {Cause}")]
    private partial void LogLost(string cause);

    [LoggerMessage(1812, LogLevel.Information, "{Recording} of {Wanted} cameras that should record do again")]
    private partial void LogReached(int recording, int wanted);

    private sealed class Entry
    {
        public bool Recorded { get; set; }

        public Instant? MissingSince { get; set; }
    }
}
