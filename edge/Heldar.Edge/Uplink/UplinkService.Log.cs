namespace Heldar.Edge.Uplink;

internal sealed partial class UplinkService
{
    [LoggerMessage(2101, LogLevel.Information, "uplink works")]
    private partial void LogConnected();

    [LoggerMessage(2102, LogLevel.Warning, "uplink waits: {Why}")]
    private partial void LogTrouble(string why);

    [LoggerMessage(2103, LogLevel.Error, "uplink failed unexpectedly")]
    private partial void LogLoopFailed(Exception error);
}
