namespace Heldar.Fleet.RemoteAccess;

internal sealed partial class BoxTunnel
{
    [LoggerMessage(2001, LogLevel.Warning, "box {Tenant}/{Box}: tunnel closed, the box sent {Reason}")]
    private partial void RuleBroken(string tenant, Guid box, string reason);
}
