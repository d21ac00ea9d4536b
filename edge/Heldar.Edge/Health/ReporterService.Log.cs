namespace Heldar.Edge.Health;

internal sealed partial class ReporterService
{
    [LoggerMessage(1801, LogLevel.Error, "the box's state could not be noted")]
    private partial void LogFailed(Exception error);
}
