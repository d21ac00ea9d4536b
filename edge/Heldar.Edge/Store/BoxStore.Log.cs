namespace Heldar.Edge.Store;

internal sealed partial class BoxStore
{
    [LoggerMessage(1600, LogLevel.Information, "Schema step {Name} applied")]
    private static partial void LogMigrated(ILogger log, string name);

    [LoggerMessage(1601, LogLevel.Error, "A commit of {Count} works failed")]
    private static partial void LogGroupFailed(ILogger log, Exception error, int count);

    [LoggerMessage(1602, LogLevel.Error, "{File} is damaged ({Cause}): it is kept as {Aside}, and a new database is filled from the seal logs")]
    private static partial void LogSetAside(ILogger log, string file, string cause, string aside);

    [LoggerMessage(1603, LogLevel.Error, "The database is damaged; recording goes on into the seal logs")]
    private static partial void LogDamaged(ILogger log, Exception error);

    [LoggerMessage(1604, LogLevel.Error, "{File} cannot be used ({Cause}): cameras of the settings file are recorded all the same, with a substitute in {Folder}; nothing is deleted meanwhile")]
    private static partial void LogSubstituted(ILogger log, string file, string cause, string folder);

    [LoggerMessage(1605, LogLevel.Warning, "A substitute of the database cannot be made in {Folder}: {Cause}")]
    private static partial void LogNoSubstitute(ILogger log, string folder, string cause);
}
