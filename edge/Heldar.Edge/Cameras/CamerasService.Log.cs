namespace Heldar.Edge.Cameras;

internal sealed partial class CamerasService
{
    [LoggerMessage(1103, LogLevel.Information, "{Count} cameras started")]
    private partial void LogStarted(int count);

    [LoggerMessage(1104, LogLevel.Information, "{Count} cameras stopped, their segments are closed")]
    private partial void LogStopped(int count);

    [LoggerMessage(1105, LogLevel.Warning, "not every camera stopped in time; its last segment is salvaged at the next start")]
    private partial void LogSlow();
}
