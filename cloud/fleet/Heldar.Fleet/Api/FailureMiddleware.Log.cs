namespace Heldar.Fleet.Api;

internal sealed partial class FailureMiddleware
{
    [LoggerMessage(1001, LogLevel.Error, "{Method} {Path} failed")]
    private partial void Broken(Exception failure, string method, PathString path);

    [LoggerMessage(1002, LogLevel.Warning, "{Path}: database cannot be reached: {Cause}")]
    private partial void DatabaseAway(PathString path, string cause);

    [LoggerMessage(1003, LogLevel.Warning, "{Path}: database took too long: {Cause}")]
    private partial void Slow(PathString path, string cause);

    [LoggerMessage(1004, LogLevel.Warning, "{Path}: storage account does not answer: {Cause}")]
    private partial void StorageAway(PathString path, string cause);
}
