namespace Heldar.Edge.Recorder;

/// <summary>Makes recorders. Thread-safe.</summary>
internal sealed class RecorderFactory(Heldar.Edge.Storage.VolumeSet volumes)
{
    /// <summary>Where the recorders write.</summary>
    public Heldar.Edge.Storage.VolumeSet Volumes => volumes;

    /// <summary>Makes a recorder; it writes nothing until it is subscribed to a stream.</summary>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    public CameraRecorder Create(CameraIdentity camera, RecorderOptions options)
    {
        var errors = options.Validate();
        if (errors.Count > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        return volumes.All.Count > 0 ? new CameraRecorder(camera) : throw new InvalidOperationException("there is no volume");
    }
}
