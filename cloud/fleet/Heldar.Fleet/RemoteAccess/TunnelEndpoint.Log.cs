namespace Heldar.Fleet.RemoteAccess;

internal static partial class TunnelEndpoint
{
    [LoggerMessage(2201, LogLevel.Information, "box {Tenant}/{Box}: tunnel open")]
    private static partial void Opened(ILogger log, string tenant, Guid box);

    [LoggerMessage(2202, LogLevel.Information, "box {Tenant}/{Box}: tunnel closed ({Reason})")]
    private static partial void Closed(ILogger log, string tenant, Guid box, string reason);

    [LoggerMessage(2203, LogLevel.Warning, "box {Tenant}/{Box}: tunnel row stays until it is stale: {Cause}")]
    private static partial void NotRemoved(ILogger log, string tenant, Guid box, string cause);
}
