using System.Collections.Immutable;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>What a message says of a property of the camera; <see cref="None"/> when it tells of a moment and of no property.</summary>
internal enum PropertyOperation
{
    None,

    /// <summary>The property has this value since some time before the subscription.</summary>
    Initialized,

    /// <summary>It has just got it.</summary>
    Changed,

    /// <summary>It is gone, and with it what it said.</summary>
    Deleted,
}

/// <summary>One name and value.</summary>
internal readonly record struct EventItem(string Name, string Value);

/// <summary>One event as a camera sent it.</summary>
/// <param name="Topic">Concrete topic; the prefix of ONVIF's own topics is always tns1.</param>
/// <param name="Operation">What it says of a property.</param>
/// <param name="Age">How long ago it happened by the camera's own clock, when it was pulled; never negative.</param>
/// <param name="Source">Where at the camera: source and key items.</param>
/// <param name="Data">What.</param>
internal sealed record CameraEvent(string Topic, PropertyOperation Operation, Duration Age, ImmutableArray<EventItem> Source, ImmutableArray<EventItem> Data)
{
    /// <summary>Data items that say whether something goes on, by what ONVIF and makers call them.</summary>
    private static readonly string[] StateNames = ["State", "LogicalState", "IsMotion", "IsInside", "IsSoundDetected", "IsTamper", "Active", "active"];

    /// <summary>Names the property: topic and where at the camera.</summary>
    public string Property => string.Join('\n', [Topic, .. Source.Select(s => $"{s.Name}={s.Value}").Order(StringComparer.Ordinal)]);

    /// <summary>Name of the camera's rule that saw it; null when none did.</summary>
    public string? Rule => Source.FirstOrDefault(s => s.Name == "Rule").Value is { Length: > 0 } rule ? rule : null;

    /// <summary>Whether it goes on; null for an event that only has a moment.</summary>
    public bool? State
    {
        get
        {
            if (Operation == PropertyOperation.Deleted) return false;
            foreach (var item in Data)
                if (StateNames.Contains(item.Name, StringComparer.Ordinal) && Flag(item.Value) is { } state) return state;
            // A name that is not known counts only where the value can be nothing but a state.
            foreach (var item in Data)
                if (item.Value is "true" or "false") return item.Value == "true";
            return null;
        }
    }

    private static bool? Flag(string value) => value switch
    {
        "true" or "True" or "TRUE" or "1" => true,
        "false" or "False" or "FALSE" or "0" => false,
        _ => null,
    };
}
