using System.Globalization;
using System.Xml.Linq;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>
/// The event service of one camera: finds it, subscribes a pull point, pulls, renews and gives it back (ONVIF Core 9, WS-BaseNotification 1.3). Used by one loop; only
/// the last word may come from another.
/// </summary>
internal sealed class OnvifEventClient(EventSource source, CameraEventOptions options, IClock clock) : IDisposable
{
    private const int MaxParameters = 8;
    private static readonly TimeSpan ShortestPull = TimeSpan.FromSeconds(1);
    private readonly SoapChannel _channel = new(source, options, clock);
    private TimeSpan _longestPull = options.PullTimeout;
    private int _messageLimit = options.MessageLimit;

    /// <summary>Reads the camera's clock, which anybody may; a camera that does not tell is taken to have the box's.</summary>
    public async Task ReadClockAsync(CancellationToken cancellation)
    {
        try
        {
            var answer = await AskDeviceAsync("GetSystemDateAndTime", [], withCredentials: false, cancellation);
            if (OnvifTimes.SystemTime(answer) is { } time) _channel.CameraAhead = time - clock.GetCurrentInstant();
        }
        catch (OnvifException e) when (e.Failure is not (OnvifFailure.Unreachable or OnvifFailure.Timeout))
        {
            // Cameras whose clock is right do without.
        }
    }

    /// <summary>Where the event service is: GetServices, or GetCapabilities of older cameras.</summary>
    public async Task<Uri> FindServiceAsync(CancellationToken cancellation)
    {
        string? address = null;
        try
        {
            var services = await AskDeviceAsync("GetServices", [new XElement(OnvifNames.Device + "IncludeCapability", "false")], withCredentials: true, cancellation);
            address = services.Elements(OnvifNames.Device + "Service").FirstOrDefault(s => (string?)s.Element(OnvifNames.Device + "Namespace") == OnvifNames.Events.NamespaceName)?.Element(OnvifNames.Device + "XAddr")?.Value;
        }
        catch (OnvifException e) when (e.Failure is OnvifFailure.NotSupported or OnvifFailure.Refused or OnvifFailure.Malformed)
        {
            // Older than GetServices.
        }

        if (address is null)
        {
            var capabilities = await AskDeviceAsync("GetCapabilities", [new XElement(OnvifNames.Device + "Category", "Events")], withCredentials: true, cancellation);
            address = capabilities.Descendants(OnvifNames.Schema + "Events").FirstOrDefault()?.Element(OnvifNames.Schema + "XAddr")?.Value;
        }

        return source.OnOwnHost(address?.Trim() ?? throw new OnvifException(OnvifFailure.NotSupported, "the camera has no event service"));
    }

    /// <summary>Subscribes to everything: a filter that a camera does not know is refused by some and taken for nothing by others, so the box chooses itself.</summary>
    public async Task<PullPoint> SubscribeAsync(Uri service, CancellationToken cancellation)
    {
        var body = new XElement(OnvifNames.Events + "CreatePullPointSubscription", new XElement(OnvifNames.Events + "InitialTerminationTime", OnvifTimes.Text(options.Lifetime)));
        var action = OnvifNames.Events.NamespaceName + "/EventPortType/CreatePullPointSubscriptionRequest";
        var answer = await _channel.SendAsync(service, action, body, Addressing(action, service.AbsoluteUri), withCredentials: true, TimeSpan.Zero, cancellation);
        var reference = SoapEnvelope.Child(answer, OnvifNames.Events + "SubscriptionReference");
        var named = SoapEnvelope.Child(reference, OnvifNames.Addressing + "Address").Value.Trim();
        var parameters = reference.Element(OnvifNames.Addressing + "ReferenceParameters")?.Elements().Take(MaxParameters).Select(Echo).ToList() ?? [];
        return new PullPoint(source.OnOwnHost(named), named, parameters, RenewAt(answer));
    }

    /// <summary>Waits for events.</summary>
    /// <param name="point">Where.</param>
    /// <param name="most">How long the camera may wait, whole seconds; less when it holds back shorter, or the subscription has to be renewed before.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Pulled> PullAsync(PullPoint point, TimeSpan most, CancellationToken cancellation)
    {
        try
        {
            return await PullOnceAsync(point, most, cancellation);
        }
        catch (OnvifException e) when (TakeLimits(e))
        {
            return await PullOnceAsync(point, most, cancellation);
        }
    }

    /// <summary>Makes the subscription live on.</summary>
    public async Task<PullPoint> RenewAsync(PullPoint point, CancellationToken cancellation)
    {
        var body = new XElement(OnvifNames.Notification + "Renew", new XElement(OnvifNames.Notification + "TerminationTime", OnvifTimes.Text(options.Lifetime)));
        var answer = await AskPointAsync(point, OnvifNames.SubscriptionManagerActions + "RenewRequest", body, TimeSpan.Zero, cancellation);
        return point with { RenewAt = RenewAt(answer) };
    }

    /// <summary>Gives the subscription back: a camera has few.</summary>
    public Task UnsubscribeAsync(PullPoint point, CancellationToken cancellation) =>
        AskPointAsync(point, OnvifNames.SubscriptionManagerActions + "UnsubscribeRequest", new XElement(OnvifNames.Notification + "Unsubscribe"), TimeSpan.Zero, cancellation);

    public void Dispose() => _channel.Dispose();

    private async Task<Pulled> PullOnceAsync(PullPoint point, TimeSpan most, CancellationToken cancellation)
    {
        var left = point.RenewAt - clock.GetCurrentInstant();
        var wait = new[] { most, _longestPull, left.ToTimeSpan() }.Min();
        if (wait < ShortestPull) wait = ShortestPull;
        var body = new XElement(
            OnvifNames.Events + "PullMessages",
            new XElement(OnvifNames.Events + "Timeout", OnvifTimes.Text(wait)),
            new XElement(OnvifNames.Events + "MessageLimit", _messageLimit.ToString(CultureInfo.InvariantCulture)));
        var answer = await AskPointAsync(point, OnvifNames.Events.NamespaceName + "/PullPointSubscription/PullMessagesRequest", body, wait, cancellation);
        return NotificationReader.Read(answer, clock.GetCurrentInstant());
    }

    /// <summary>A camera that holds back shorter, or fewer, says so in a fault.</summary>
    private bool TakeLimits(OnvifException fault)
    {
        if (fault.Detail?.Descendants(OnvifNames.Events + "PullMessagesFaultResponse").FirstOrDefault() is not { } limits) return false;
        var before = (_longestPull, _messageLimit);
        if (OnvifTimes.TryDuration((string?)limits.Element(OnvifNames.Events + "MaxTimeout"), out var longest) && longest < _longestPull) _longestPull = longest;
        if (int.TryParse((string?)limits.Element(OnvifNames.Events + "MaxMessageLimit"), CultureInfo.InvariantCulture, out var most) && most < _messageLimit) _messageLimit = Math.Max(1, most);
        return before != (_longestPull, _messageLimit);
    }

    private Task<XElement> AskDeviceAsync(string operation, IEnumerable<XElement> arguments, bool withCredentials, CancellationToken cancellation) =>
        _channel.SendAsync(source.Device, $"{OnvifNames.Device.NamespaceName}/{operation}", new XElement(OnvifNames.Device + operation, arguments), [], withCredentials, TimeSpan.Zero, cancellation);

    private Task<XElement> AskPointAsync(PullPoint point, string action, XElement body, TimeSpan longer, CancellationToken cancellation) =>
        _channel.SendAsync(point.Address, action, body, [.. Addressing(action, point.Named), .. point.Parameters], withCredentials: true, longer, cancellation);

    private static IEnumerable<XElement> Addressing(string action, string to) =>
    [
        new XElement(OnvifNames.Addressing + "Action", new XAttribute(OnvifNames.Soap + "mustUnderstand", "1"), action),
        new XElement(OnvifNames.Addressing + "MessageID", $"urn:uuid:{Guid.NewGuid():D}"),
        new XElement(OnvifNames.Addressing + "To", new XAttribute(OnvifNames.Soap + "mustUnderstand", "1"), to),
    ];

    private static XElement Echo(XElement parameter)
    {
        var header = new XElement(parameter);
        header.SetAttributeValue(OnvifNames.Addressing + "IsReferenceParameter", "true");
        return header;
    }

    /// <summary>Half of what the camera grants, which its own two times say; without them, half of what was asked for.</summary>
    private Instant RenewAt(XElement answer)
    {
        var granted = OnvifTimes.Parse((string?)answer.Element(OnvifNames.Notification + "TerminationTime")) - OnvifTimes.Parse((string?)answer.Element(OnvifNames.Notification + "CurrentTime"));
        var wanted = Duration.FromTimeSpan(options.Lifetime);
        var counted = granted is { } time && time > Duration.Zero ? Duration.Min(time, wanted) : wanted;
        return clock.GetCurrentInstant() + (counted / 2);
    }
}
