using Heldar.Contracts.Events;
using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>Judges a camera from what arrives and what reaches the disk, never from what was asked for.</summary>
internal static class CameraConditions
{
    /// <summary>Media flows, but nothing has reached the disk for this long: an error of the box.</summary>
    public static readonly Duration DiskPatience = Duration.FromSeconds(10);

    /// <summary>Tells that a schedule leaves nothing to record.</summary>
    public const string NeverWanted = "no schedule covers any of the next 8 days: nothing is recorded";

    public static (CameraCondition Condition, string? Cause) Judge(StreamStatus stream, RecorderProgress recorder, WishNow wish, Instant now)
    {
        switch (stream.State)
        {
            case StreamState.Connecting: return (CameraCondition.Connecting, stream.Cause);
            case StreamState.Stalled: return (CameraCondition.Stalled, stream.Cause);
            case StreamState.Offline: return (CameraCondition.Offline, stream.Cause);
            case StreamState.AuthFailed: return (CameraCondition.AuthFailed, stream.Cause);
        }

        // A camera that is not to record is well while it could.
        if (!wish.IsWanted) return (CameraCondition.Idle, wish.Never ? NeverWanted : null);
        if (recorder.RecordedThrough is { } through && now - through < DiskPatience) return (CameraCondition.Recording, null);
        if (now - stream.Since < DiskPatience) return (CameraCondition.Connecting, null);
        if (wish.Wishes.Min(w => w.From) > now - DiskPatience) return (CameraCondition.Idle, null);
        return (CameraCondition.Error, recorder.LastError ?? "the stream arrives, but nothing reaches the disk");
    }
}
