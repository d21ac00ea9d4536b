namespace Heldar.Edge.CameraEvents;

internal sealed partial class EventWatcher
{
    [LoggerMessage(3901, LogLevel.Information, "camera {Camera}: its events come")]
    private partial void LogSubscribed(string camera);

    [LoggerMessage(3902, LogLevel.Warning, "camera {Camera}: its events do not come: {Cause}")]
    private partial void LogLost(string camera, string cause);

    [LoggerMessage(3903, LogLevel.Information, "camera {Camera}: it names another host for its subscription; {Authority} is asked instead")]
    private partial void LogElsewhere(string camera, string authority);

    [LoggerMessage(3904, LogLevel.Debug, "camera {Camera}: {Count} messages could not be read")]
    private partial void LogUnreadable(string camera, int count);

    [LoggerMessage(3905, LogLevel.Debug, "camera {Camera}: its subscription was not given back: {Reason}")]
    private partial void LogNotGivenBack(string camera, string reason);

    [LoggerMessage(3906, LogLevel.Error, "camera {Camera}: following its events failed unexpectedly")]
    private partial void LogUnexpected(Exception error, string camera);
}
