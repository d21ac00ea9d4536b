namespace Heldar.Edge.RemoteAccess;

internal sealed partial class TunnelService
{
    [LoggerMessage(2201, LogLevel.Information, "remote access through {Host} is open")]
    private partial void LogConnected(string host);

    [LoggerMessage(2202, LogLevel.Warning, "remote access waits: {Why}")]
    private partial void LogWaiting(string why);

    [LoggerMessage(2203, LogLevel.Error, "remote access failed to answer a request")]
    private partial void LogFault(Exception error);
}
