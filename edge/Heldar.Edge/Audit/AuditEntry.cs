namespace Heldar.Edge.Audit;

/// <summary>What somebody did.</summary>
/// <param name="Actor">Who, and from where.</param>
/// <param name="Action">A stable word with a dot, for example <c>camera.added</c>; lower-case letters, digits, dot and underscore, at most 64.</param>
/// <param name="Target">What it was done to: an id or a name, at most 256 characters.</param>
internal sealed record AuditEntry(AuditActor Actor, string Action, string Target)
{
    /// <summary>Uid of the camera that it is about; null for the box. Whoever sees a camera may be shown its entries.</summary>
    public Guid? Camera { get; init; }

    /// <summary>
    /// More, as an object that becomes JSON of at most 8 KiB. What looks like a secret is masked, but a caller hands over none in the first place.
    /// </summary>
    public object? Detail { get; init; }
}

/// <summary>Who did something. A plain text is somebody without an address: the box itself, or a command that ran on it.</summary>
/// <param name="Name">For example <c>user:anna</c>, <c>key:doorbell</c> or one of <see cref="AuditActors"/>; at most 128 characters.</param>
/// <param name="From">The network address that he came from; kept as the member <c>from</c> of the detail.</param>
internal readonly record struct AuditActor(string Name, string? From = null)
{
    public static implicit operator AuditActor(string name) => new(name);

    public override string ToString() => Name;
}

/// <summary>Actors that are no people and no keys.</summary>
internal static class AuditActors
{
    /// <summary>The box by itself.</summary>
    public const string Box = "box";

    /// <summary>The settings file, and so whoever may write it.</summary>
    public const string Settings = "settings";

    /// <summary>A command that somebody with the rights of the box's own account ran on it.</summary>
    public const string Command = "command";

    /// <summary>Somebody who did not show who he is.</summary>
    public const string Nobody = "nobody";
}
