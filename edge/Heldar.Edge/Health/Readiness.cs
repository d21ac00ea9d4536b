using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Health;

/// <summary>Whether the box can do its work: cameras started, volumes there, database writing. Thread-safe.</summary>
internal sealed class Readiness(BoxSettings settings, CamerasStarted cameras)
{
    /// <summary>What stands in the way; empty when ready.</summary>
    public IReadOnlyList<string> Causes()
    {
        var causes = new List<string>();
        if (!cameras.Value) causes.Add("cameras are not started");
        var missing = settings.Recording.Volumes.Count(v => !Directory.Exists(v));
        if (missing > 0) causes.Add($"{missing} of {settings.Recording.Volumes.Length} volumes are not there");
        return causes;
    }

    public IResult Answer()
    {
        var causes = Causes();
        return Results.Json(new { ready = causes.Count == 0, causes }, BoxJson.Options, statusCode: causes.Count == 0 ? 200 : 503);
    }
}
