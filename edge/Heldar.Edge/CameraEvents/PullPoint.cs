using System.Xml.Linq;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>A subscription at a camera.</summary>
/// <param name="Address">Where messages are pulled: on the camera's own host.</param>
/// <param name="Named">Address as the camera wrote it; it wants to be called that.</param>
/// <param name="Parameters">What the camera wants back in each request's headers.</param>
/// <param name="RenewAt">When half of what the camera granted is over, by the box's clock.</param>
internal sealed record PullPoint(Uri Address, string Named, IReadOnlyList<XElement> Parameters, Instant RenewAt)
{
    /// <summary>The camera named another host than its own, and its own was taken.</summary>
    public bool IsElsewhere => Uri.TryCreate(Named, UriKind.Absolute, out var named) && !named.Host.Equals(Address.Host, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What one pull brought.</summary>
/// <param name="Events">Events, oldest first.</param>
/// <param name="Unreadable">Messages that could not be read.</param>
internal sealed record Pulled(IReadOnlyList<CameraEvent> Events, int Unreadable);
