namespace Heldar.Edge.Store;

internal sealed partial class BoxStore
{
    [LoggerMessage(1600, LogLevel.Information, "Schema step {Name} applied")]
    private static partial void LogMigrated(ILogger log, string name);

    [LoggerMessage(1601, LogLevel.Error, "A commit of {Count} works failed")]
    private static partial void LogGroupFailed(ILogger log, Exception error, int count);
}
