namespace Heldar.Edge.Storage;

internal sealed partial class VolumeWriter
{
    [LoggerMessage(1200, LogLevel.Error, "Volume {Root} failed: {Fault}")]
    private static partial void LogFailed(ILogger log, Exception error, string root, string fault);

    [LoggerMessage(1201, LogLevel.Information, "Volume {Root} works again")]
    private static partial void LogWorksAgain(ILogger log, string root);

    [LoggerMessage(1202, LogLevel.Critical, "The writer of volume {Root} ended by an error")]
    private static partial void LogEnded(ILogger log, Exception error, string root);
}
