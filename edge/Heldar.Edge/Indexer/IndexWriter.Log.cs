namespace Heldar.Edge.Indexer;

internal sealed partial class IndexWriter
{
    [LoggerMessage(1400, LogLevel.Error, "The index does not take segments: more than {Count} wait, later ones come in at the next start")]
    private static partial void LogFull(ILogger log, int count);

    [LoggerMessage(1401, LogLevel.Error, "The index did not take {Count} segments; trying again")]
    private static partial void LogFailed(ILogger log, Exception error, int count);

    [LoggerMessage(1402, LogLevel.Warning, "Stopped with {Count} segments that the index learns of at the next start")]
    private static partial void LogStopped(ILogger log, int count);
}
