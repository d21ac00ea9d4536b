namespace Heldar.Edge.Cameras;

internal sealed partial class CameraActor
{
    private static readonly Func<ILogger, string, IDisposable?> CameraScope = LoggerMessage.DefineScope<string>("camera {Camera}");

    [LoggerMessage(1101, LogLevel.Error, "camera {Slug}: a change failed")]
    private partial void LogChangeFailed(Exception error, string slug);

    [LoggerMessage(1102, LogLevel.Error, "camera {Slug}: cannot start")]
    private partial void LogCannotStart(Exception error, string slug);
}
