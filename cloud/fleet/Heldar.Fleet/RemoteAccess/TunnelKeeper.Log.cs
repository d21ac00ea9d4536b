namespace Heldar.Fleet.RemoteAccess;

internal sealed partial class TunnelKeeper
{
    [LoggerMessage(2101, LogLevel.Warning, "tunnel rows not touched: {Cause}")]
    private partial void Untouched(string cause);
}
