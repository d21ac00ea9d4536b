using Heldar.Edge.PreRoll;
using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>Makes recorders. Thread-safe.</summary>
internal sealed class RecorderFactory(VolumeWriters writers, PreRollStore rings, IClock clock, ILogger<CameraRecorder> log)
{
    /// <summary>While more than this waits for a volume, pre-roll waits too, so that it never costs live media.</summary>
    private const long BusyBytes = 32L << 20;

    /// <summary>Makes what stands before a recorder.</summary>
    public RecordGate Guard(CameraRecorder recorder) => new(recorder, rings, () => writers.All.Any(w => w.QueuedBytes > BusyBytes), clock, log);

    /// <summary>Makes a recorder; it writes nothing until it is subscribed to a stream.</summary>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    public CameraRecorder Create(CameraIdentity camera, RecorderOptions options)
    {
        var errors = options.Validate();
        return errors.Count == 0 ? new CameraRecorder(camera, options, writers, clock, log) : throw new ArgumentException(string.Join(' ', errors), nameof(options));
    }
}
