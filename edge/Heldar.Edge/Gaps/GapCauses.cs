using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Recorder;
using Heldar.Edge.Storage;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;

namespace Heldar.Edge.Gaps;

/// <summary>Finds the cause of missing footage from what stream, recorder and volumes say now. Thread-safe.</summary>
internal sealed class GapCauses(VolumeWriters volumes, HeldFootage held)
{
    /// <summary>A volume with less space than this counts as full: a second of many cameras does not fit.</summary>
    private const long FullBytes = 16 << 20;

    /// <summary>Why media does not reach the disk, or null while volumes work.</summary>
    public GapCause? Disk()
    {
        var all = volumes.All;
        if (all.Any(v => v.Fault == VolumeFault.None && v.FreeBytes >= FullBytes)) return null;
        return all.Any(v => v.Fault == VolumeFault.Full || v.FreeBytes < FullBytes) ? Full() : GapCause.DiskError;
    }

    /// <summary>Whether the stream itself says that nothing comes.</summary>
    public static bool Fails(CameraObserved camera) => camera.Stream is { State: StreamState.Stalled or StreamState.Offline or StreamState.AuthFailed };

    /// <summary>Why a camera that shall record does not.</summary>
    /// <param name="camera">The camera now.</param>
    /// <param name="recordedBefore">This process recorded it before, with other settings: a restart is the operator's doing until the stream says more.</param>
    public GapCause Judge(CameraObserved camera, bool recordedBefore) => camera.Stream switch
    {
        null => GapCause.Operator,
        { State: StreamState.AuthFailed } => GapCause.AuthFailed,
        { State: StreamState.Stalled } => GapCause.Stalled,
        { State: StreamState.Offline, Failure: StreamFailure.Closed } => GapCause.Network,
        { State: StreamState.Offline, Failure: StreamFailure.Unauthorized } => GapCause.AuthFailed,
        { State: StreamState.Offline } => GapCause.CameraUnreachable,
        { State: StreamState.Connecting } => recordedBefore ? GapCause.Operator : GapCause.CameraUnreachable,
        _ => Disk() ?? OfRecorder(camera.Recorder),
    };

    /// <summary>The cause of a hole that was over before anybody looked.</summary>
    public GapCause OfBreak(string cause) => cause switch
    {
        "auth_failed" => GapCause.AuthFailed,
        "stalled" => GapCause.Stalled,
        "stopped" => GapCause.Operator,
        "clock_step" => GapCause.ClockStep,
        "volume_full" => Full(),
        "volume" => GapCause.DiskError,
        _ => GapCause.Network,
    };

    /// <summary>Of a stream that sends while no volume says that it fails.</summary>
    private GapCause OfRecorder(RecorderProgress? recorder) => recorder switch
    {
        { LastError: not null, LastFault: VolumeFault.Full } => Full(),
        { LastError: not null } => GapCause.DiskError,
        // A disk that is slow, or hangs, says nothing of it: media that waits for it does.
        { MediaEnd: { } end } when !(recorder.RecordedThrough >= end) => GapCause.DiskError,
        _ => GapCause.Stalled,
    };

    private GapCause Full() => held.Level == HeldLevel.Full ? GapCause.DiskFullHeld : GapCause.DiskFull;
}
