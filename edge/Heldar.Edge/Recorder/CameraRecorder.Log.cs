namespace Heldar.Edge.Recorder;

internal sealed partial class CameraRecorder
{
    [LoggerMessage(1300, LogLevel.Warning, "Camera {Camera}: the segment was given up: {Error}")]
    private static partial void LogVolumeFailed(ILogger log, string camera, string error);

    [LoggerMessage(1301, LogLevel.Warning, "Camera {Camera}: the last segment was not sealed within {Seconds} s; recovery salvages it")]
    private static partial void LogCloseTimedOut(ILogger log, string camera, double seconds);
}
