namespace Heldar.Edge.CameraEvents;

/// <summary>What a message of a camera is to the recording.</summary>
internal enum EventMeaning
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Something happened, begins or ends at the event's moment.</summary>
    Happened,

    /// <summary>Something goes on, and began some time before the subscription.</summary>
    GoesOn,
}

/// <summary>
/// What goes on in front of one camera by its own word: properties that are true. A property that is true already when the box subscribes goes on now; one that is
/// false then says nothing. Bounded; thread-safe.
/// </summary>
internal sealed class ActiveEvents
{
    /// <summary>Properties that are kept as true; more than these trigger at their moments only.</summary>
    public const int Most = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _active = new(StringComparer.Ordinal);

    /// <summary>What goes on, told as the one that has the first place; null when nothing does.</summary>
    public string? Current
    {
        get
        {
            lock (_lock) return _active.Count == 0 ? null : _active.Values.First();
        }
    }

    /// <summary>Takes an event that triggers.</summary>
    public EventMeaning Take(CameraEvent one, string source)
    {
        lock (_lock)
        {
            switch (one.State)
            {
                case true:
                    // A moment that is told as true ends with nothing that could say so.
                    if (one.Operation == PropertyOperation.None) return EventMeaning.Happened;
                    var property = one.Property;
                    if (_active.Count < Most || _active.ContainsKey(property)) _active[property] = source;
                    return one.Operation == PropertyOperation.Initialized ? EventMeaning.GoesOn : EventMeaning.Happened;
                case false:
                    return _active.Remove(one.Property) ? EventMeaning.Happened : EventMeaning.Nothing;
                default:
                    return one.Operation is PropertyOperation.None or PropertyOperation.Changed ? EventMeaning.Happened : EventMeaning.Nothing;
            }
        }
    }

    /// <summary>Nothing is known any more: the camera is away.</summary>
    public void Clear()
    {
        lock (_lock) _active.Clear();
    }
}
