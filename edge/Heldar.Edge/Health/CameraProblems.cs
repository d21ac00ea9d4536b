using System.Collections.Concurrent;
using Heldar.Edge.CameraEvents;
using Heldar.Edge.Cameras;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>
/// What is wrong with cameras that do record: picture, rate, sound, clock, their own events. Each problem is told once when it begins and once when it ends. The words are those of the API.
/// Rates are taken by the reporter's loop, pictures by the picture watch; read by anyone.
/// </summary>
internal sealed partial class CameraProblems(ILogger<CameraProblems> log, CameraEventStates? events = null)
{
    /// <summary>A camera's clock may be this far from the box's.</summary>
    private static readonly Duration MaxOffset = Duration.FromSeconds(5);

    /// <summary>Sound may pause this long: some cameras send none while it is quiet, but then for longer.</summary>
    private static readonly Duration AudioPatience = Duration.FromSeconds(10);
    private readonly ConcurrentDictionary<Guid, Entry> _cameras = new();

    /// <summary>The problems of a camera, sorted.</summary>
    public IReadOnlyList<string> Find(Guid camera) => _cameras.TryGetValue(camera, out var entry) ? [.. entry.Stream.Concat(entry.Picture).Order(StringComparer.Ordinal)] : [];

    /// <summary>Pictures per second that the camera usually sends; null until it is known.</summary>
    public double? UsualFps(Guid camera) => _cameras.TryGetValue(camera, out var entry) && entry.Rate.Usual > 0 ? entry.Rate.Usual : null;

    /// <summary>Takes all cameras as they are, about once a second.</summary>
    public void Look(IReadOnlyList<CameraObserved> cameras, Instant now)
    {
        foreach (var camera in cameras)
        {
            var entry = _cameras.GetOrAdd(camera.Config.Uid, _ => new Entry());
            List<string> problems = [];
            if (events?.IsLost(camera.Config.Uid) == true) problems.Add("events_lost");
            if (camera.Stream is { State: StreamState.Streaming } stream)
            {
                if (entry.IsSetUpAnew(stream.Format)) entry.Rate.Forget();
                if (entry.Rate.IsLow(stream.Fps, now)) problems.Add("low_fps");
                if (camera.Config.Audio && stream.Format is { Audio: null }) problems.Add("no_audio");
                if (IsSilent(camera.Config.Audio, stream, now)) problems.Add("audio_lost");
                if (camera.PreRoll is { IsShort: true }) problems.Add("pre_roll_short");
                if (stream.CameraOffset is { } offset && (offset > MaxOffset || offset < -MaxOffset)) problems.Add("clock_offset");
            }

            else
            {
                // No pictures come: nothing is known of what they show.
                entry.Picture = Tell(camera.Config.Slug, entry.Picture, []);
            }

            entry.Stream = Tell(camera.Config.Slug, entry.Stream, problems);
        }

        if (_cameras.Count <= cameras.Count) return;
        var present = cameras.Select(c => c.Config.Uid).ToHashSet();
        foreach (var (uid, _) in _cameras)
            if (!present.Contains(uid)) _cameras.TryRemove(uid, out _);
    }

    /// <summary>Takes a camera's picture.</summary>
    public void See(CameraConfig camera, ReadOnlySpan<byte> grey, Instant now)
    {
        if (!_cameras.TryGetValue(camera.Uid, out var entry)) return;
        PictureFaults faults;
        lock (entry.Judge) faults = entry.Judge.Take(grey, now);
        List<string> problems = [];
        if (faults.HasFlag(PictureFaults.Black)) problems.Add("black");
        if (faults.HasFlag(PictureFaults.Covered)) problems.Add("covered");
        if (faults.HasFlag(PictureFaults.Frozen)) problems.Add("frozen");
        if (faults.HasFlag(PictureFaults.SceneChanged)) problems.Add("scene_changed");
        entry.Picture = Tell(camera.Slug, entry.Picture, problems);
    }

    /// <summary>True when the camera's last picture showed a fault that the next one has to confirm.</summary>
    public bool Doubts(Guid camera)
    {
        if (!_cameras.TryGetValue(camera, out var entry)) return false;
        lock (entry.Judge) return entry.Judge.IsInDoubt;
    }

    /// <summary>There was to be sound, and none came for a while although pictures do.</summary>
    private static bool IsSilent(bool wanted, StreamStatus stream, Instant now) =>
        wanted && stream.Format?.Audio is not null && now - Instant.Max(stream.Since, stream.LastAudioAt ?? stream.Since) > AudioPatience;

    private List<string> Tell(string camera, IReadOnlyList<string> before, List<string> now)
    {
        foreach (var problem in now.Except(before, StringComparer.Ordinal)) LogBegan(camera, problem);
        foreach (var problem in before.Except(now, StringComparer.Ordinal)) LogEnded(camera, problem);
        return now;
    }

    [LoggerMessage(1802, LogLevel.Warning, "camera {Camera}: {Problem}")]
    private partial void LogBegan(string camera, string problem);

    [LoggerMessage(1803, LogLevel.Information, "camera {Camera}: no more {Problem}")]
    private partial void LogEnded(string camera, string problem);

    private sealed class Entry
    {
        private volatile IReadOnlyList<string> _stream = [];
        private volatile IReadOnlyList<string> _picture = [];
        private VideoFormat? _format;

        public UsualRate Rate { get; } = new();

        public PictureJudge Judge { get; } = new();

        public IReadOnlyList<string> Stream
        {
            get => _stream;
            set => _stream = value;
        }

        public IReadOnlyList<string> Picture
        {
            get => _picture;
            set => _picture = value;
        }

        /// <summary>Whether the camera sends another format than before: its parameter sets say rate, size and profile.</summary>
        public bool IsSetUpAnew(StreamFormat? format)
        {
            if (format?.Video is not { } now || now.Equals(_format)) return false;
            var first = _format is null;
            _format = now;
            return !first;
        }
    }
}
