namespace Heldar.Fleet.RemoteAccess;

internal sealed partial class ReplicaClient
{
    [LoggerMessage(2301, LogLevel.Warning, "replica {Replica} holds a box but does not answer: {Cause}")]
    private partial void Unreachable(Uri replica, string cause);
}
