using System.Collections.Immutable;
using Heldar.Edge.Settings;

namespace Heldar.Edge.CameraEvents;

/// <summary>Which events of a camera trigger, and what people are told saw them.</summary>
internal sealed class EventFilter(CameraEventSettings settings)
{
    private const int MaxSource = 100;
    private readonly ImmutableArray<string> _topics = settings.Topics;
    private readonly ImmutableArray<string> _zones = settings.Zones;

    public bool Takes(CameraEvent one) =>
        _topics.Any(t => Matches(t, one.Topic)) && (_zones.IsEmpty || !IsZone(one) || _zones.Contains(one.Rule!, StringComparer.Ordinal));

    /// <summary>A zone or line of the camera by the name of its rule, else the topic: <c>zone:Driveway</c>, <c>camera:VideoSource/MotionAlarm</c>.</summary>
    public static string Source(CameraEvent one)
    {
        var source = IsZone(one) ? "zone:" + one.Rule : "camera:" + one.Topic[(one.Topic.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return SoapEnvelope.OneLine(source, MaxSource);
    }

    /// <summary>Motion over the whole picture comes from a rule as well, but of no zone that somebody drew.</summary>
    private static bool IsZone(CameraEvent one) => one.Rule is not null && (one.Topic.Contains("FieldDetector/", StringComparison.Ordinal) || one.Topic.Contains("LineDetector/", StringComparison.Ordinal));

    private static bool Matches(string expression, string topic) =>
        expression.EndsWith("//.", StringComparison.Ordinal)
            ? topic == expression[..^3] || (topic.StartsWith(expression[..^3], StringComparison.Ordinal) && topic[expression.Length - 3] == '/')
            : topic == expression;
}
