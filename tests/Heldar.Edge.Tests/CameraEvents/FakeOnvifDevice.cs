using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Tests.CameraEvents;

/// <summary>
/// An ONVIF camera of this process, as far as events go: device service, event service, pull points. Written from the specifications, not from the client. What it does
/// not model it answers with 501 and remembers; a test that ends with any of it fails.
/// </summary>
internal sealed class FakeOnvifDevice : IAsyncDisposable
{
    private const string Tds = "http://www.onvif.org/ver10/device/wsdl";
    private const string Tev = "http://www.onvif.org/ver10/events/wsdl";
    private const string Wsnt = "http://docs.oasis-open.org/wsn/b-2";
    private static readonly XNamespace Soap = "http://www.w3.org/2003/05/soap-envelope";
    private static readonly XNamespace Wsa = "http://www.w3.org/2005/08/addressing";
    private readonly WebApplication _app;
    private readonly IClock _clock;
    private readonly ConcurrentDictionary<string, Subscription> _subscriptions = new();
    private int _made;

    private FakeOnvifDevice(WebApplication app, IClock clock) => (_app, _clock, Gate) = (app, clock, new FakeOnvifGate(() => Now));

    public string Address => _app.Urls.Single() + "/onvif/device_service";

    /// <summary>Who may ask.</summary>
    public FakeOnvifGate Gate { get; }

    /// <summary>How far the camera's clock is ahead.</summary>
    public Duration Ahead { get; set; }

    /// <summary>An old camera: knows GetCapabilities, not GetServices.</summary>
    public bool IsOld { get; set; }

    /// <summary>A camera that knows no Renew.</summary>
    public bool RenewsNothing { get; set; }

    /// <summary>Host and port that it names in addresses; null for its own.</summary>
    public string? NamedAuthority { get; set; }

    /// <summary>What it grants a subscription, whatever is asked for.</summary>
    public Duration Granted { get; set; } = Duration.FromMinutes(2);

    /// <summary>Longest that it holds a pull back; a longer one is a fault that says so.</summary>
    public int? MaxPullSeconds { get; set; }

    /// <summary>Messages that a new subscription begins with.</summary>
    public ConcurrentQueue<Func<Instant, string>> Properties { get; } = new();

    /// <summary>Operations in the order in which they were asked for.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>What it does not model.</summary>
    public ConcurrentQueue<string> Unmodelled { get; } = new();

    public int Open => _subscriptions.Count;

    private Instant Now => _clock.GetCurrentInstant() + Ahead;

    public static async Task<FakeOnvifDevice> StartAsync(IClock clock)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var device = new FakeOnvifDevice(app, clock);
        app.Run(device.AnswerAsync);
        await app.StartAsync();
        return device;
    }

    public int Count(string operation) => Calls.Count(c => c == operation);

    /// <summary>Something happens, <paramref name="age"/> ago.</summary>
    public void Emit(string message, Duration age = default)
    {
        foreach (var (_, subscription) in _subscriptions) subscription.Messages.Writer.TryWrite(Notification(message, Now - age));
    }

    /// <summary>It loses all subscriptions, and with them the connections that wait.</summary>
    public void Reboot()
    {
        foreach (var (id, subscription) in _subscriptions)
        {
            _subscriptions.TryRemove(id, out _);
            subscription.Messages.Writer.TryComplete();
        }
    }

    public static Func<Instant, string> Property(string topic, string operation, string source, string data) => at => Notification(Message(topic, operation, source, data), at);

    /// <summary>A message by its topic; source and data as <c>name=value</c>, several apart by commas.</summary>
    public static string Message(string topic, string? operation, string source, string data) =>
        $"""
        <wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">{topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="@TIME@"{(operation is null ? "" : $" PropertyOperation=\"{operation}\"")}>
        <tt:Source>{Items(source)}</tt:Source><tt:Data>{Items(data)}</tt:Data></tt:Message></wsnt:Message>
        """;

    public async ValueTask DisposeAsync()
    {
        Reboot();
        await _app.DisposeAsync();
        Assert.Empty(Unmodelled);
    }

    private static string Items(string items) => string.Concat(items.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(i => i.Split('=')).Select(i => $"<tt:SimpleItem Name=\"{i[0]}\" Value=\"{i[1]}\"/>"));

    private static string Notification(string message, Instant at) => $"<wsnt:NotificationMessage>{message.Replace("@TIME@", Text(at), StringComparison.Ordinal)}</wsnt:NotificationMessage>";

    private static string Text(Instant at) => InstantPattern.ExtendedIso.Format(at);

    private async Task AnswerAsync(HttpContext context)
    {
        var envelope = await XDocument.LoadAsync(context.Request.Body, LoadOptions.None, context.RequestAborted);
        var request = envelope.Root!.Element(Soap + "Body")!.Elements().Single();
        var operation = request.Name.LocalName;
        Calls.Enqueue(operation);
        if (operation != "GetSystemDateAndTime" && !await Gate.LetsInAsync(context, envelope.Root!)) return;
        if (!context.Request.ContentType!.Contains("action=\"", StringComparison.Ordinal)) Unmodelled.Enqueue($"{operation} without an action");
        var (path, id) = (context.Request.Path.Value!, context.Request.Query["id"].ToString());
        var answer = (path, operation) switch
        {
            ("/onvif/device_service", "GetSystemDateAndTime") => SendAsync(context, SystemTime()),
            ("/onvif/device_service", "GetServices") when IsOld => FaultAsync(context, 400, "ter:ActionNotSupported", "Optional Action Not Implemented"),
            ("/onvif/device_service", "GetServices") => SendAsync(context, Services(context)),
            ("/onvif/device_service", "GetCapabilities") => SendAsync(context, $"<tds:GetCapabilitiesResponse xmlns:tds=\"{Tds}\"><tds:Capabilities><tt:Events><tt:XAddr>{Named(context)}/onvif/events</tt:XAddr></tt:Events></tds:Capabilities></tds:GetCapabilitiesResponse>"),
            ("/onvif/events", "CreatePullPointSubscription") => SubscribeAsync(context),
            ("/onvif/pull", "PullMessages") => WithAsync(context, envelope.Root!, id, s => PullAsync(context, request, s)),
            ("/onvif/pull", "Renew") when RenewsNothing => FaultAsync(context, 400, "ter:ActionNotSupported", "Optional Action Not Implemented"),
            ("/onvif/pull", "Renew") => WithAsync(context, envelope.Root!, id, _ => SendAsync(context, $"<wsnt:RenewResponse>{Times()}</wsnt:RenewResponse>")),
            ("/onvif/pull", "Unsubscribe") => WithAsync(context, envelope.Root!, id, _ => _subscriptions.TryRemove(id, out var _) ? SendAsync(context, "<wsnt:UnsubscribeResponse/>") : Task.CompletedTask),
            _ => UnknownAsync(context, $"{operation} at {path}"),
        };
        await answer;
    }

    private Task UnknownAsync(HttpContext context, string what)
    {
        Unmodelled.Enqueue(what);
        context.Response.StatusCode = 501;
        return Task.CompletedTask;
    }

    private string Named(HttpContext context) => $"http://{NamedAuthority ?? context.Request.Host.Value}";

    private string SystemTime()
    {
        var now = Now.InUtc();
        string Clock(string name, NodaTime.ZonedDateTime t) =>
            $"<tt:{name}><tt:Time><tt:Hour>{t.Hour}</tt:Hour><tt:Minute>{t.Minute}</tt:Minute><tt:Second>{t.Second}</tt:Second></tt:Time><tt:Date><tt:Year>{t.Year}</tt:Year><tt:Month>{t.Month}</tt:Month><tt:Day>{t.Day}</tt:Day></tt:Date></tt:{name}>";
        var local = now.WithZone(DateTimeZone.ForOffset(Offset.FromHours(8)));
        return $"<tds:GetSystemDateAndTimeResponse xmlns:tds=\"{Tds}\"><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>{Clock("UTCDateTime", now)}{Clock("LocalDateTime", local)}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>";
    }

    private string Services(HttpContext context) => $"""
        <tds:GetServicesResponse xmlns:tds="{Tds}"><tds:Service><tds:Namespace>{Tds}</tds:Namespace><tds:XAddr>{Named(context)}/onvif/device_service</tds:XAddr></tds:Service>
        <tds:Service><tds:Namespace>{Tev}</tds:Namespace><tds:XAddr>{Named(context)}/onvif/events</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service></tds:GetServicesResponse>
        """;

    private Task SubscribeAsync(HttpContext context)
    {
        var subscription = new Subscription(Interlocked.Increment(ref _made).ToString(CultureInfo.InvariantCulture));
        foreach (var property in Properties) subscription.Messages.Writer.TryWrite(property(Now - Duration.FromMinutes(5)));
        _subscriptions[subscription.Id] = subscription;
        return SendAsync(context, $"""
            <tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>{Named(context)}/onvif/pull?id={subscription.Id}</wsa:Address>
            <wsa:ReferenceParameters><dom0:SubscriptionId xmlns:dom0="http://example.com/2009/event">{subscription.Id}</dom0:SubscriptionId></wsa:ReferenceParameters></tev:SubscriptionReference>{Times()}</tev:CreatePullPointSubscriptionResponse>
            """);
    }

    private string Times() => $"<wsnt:CurrentTime>{Text(Now)}</wsnt:CurrentTime><wsnt:TerminationTime>{Text(Now + Granted)}</wsnt:TerminationTime>";

    /// <summary>The subscription that address and echoed parameter name; a fault when there is none (any more).</summary>
    private Task WithAsync(HttpContext context, XElement envelope, string id, Func<Subscription, Task> answer)
    {
        var header = envelope.Element(Soap + "Header")!;
        var echoed = header.Elements().SingleOrDefault(e => e.Name.LocalName == "SubscriptionId");
        if ((string?)echoed != id || (string?)echoed?.Attribute(Wsa + "IsReferenceParameter") != "true") Unmodelled.Enqueue("the reference parameter does not come back");
        if ((string?)header.Element(Wsa + "To") is not { } to || !to.EndsWith($"/onvif/pull?id={id}", StringComparison.Ordinal)) Unmodelled.Enqueue("wsa:To is not the subscription's address");
        return _subscriptions.TryGetValue(id, out var subscription) ? answer(subscription) : FaultAsync(context, 500, "wsrf-rw:ResourceUnknownFault", "no such subscription");
    }

    private async Task PullAsync(HttpContext context, XElement request, Subscription subscription)
    {
        var seconds = int.Parse(request.Element(XName.Get("Timeout", Tev))!.Value[2..^1], CultureInfo.InvariantCulture);
        var most = int.Parse(request.Element(XName.Get("MessageLimit", Tev))!.Value, CultureInfo.InvariantCulture);
        if (seconds > MaxPullSeconds)
        {
            await FaultAsync(context, 500, "tev:PullMessagesFaultResponse", "too long", $"<tev:PullMessagesFaultResponse><tev:MaxTimeout>PT{MaxPullSeconds}S</tev:MaxTimeout><tev:MaxMessageLimit>7</tev:MaxMessageLimit></tev:PullMessagesFaultResponse>");
            return;
        }

        var messages = new List<string>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            if (!await subscription.Messages.Reader.WaitToReadAsync(limit.Token))
            {
                context.Abort();
                return;
            }

            while (messages.Count < most && subscription.Messages.Reader.TryRead(out var one)) messages.Add(one);
        }
        catch (OperationCanceledException)
        {
            // Nothing happened.
        }

        await SendAsync(context, $"<tev:PullMessagesResponse><tev:CurrentTime>{Text(Now)}</tev:CurrentTime><tev:TerminationTime>{Text(Now + Granted)}</tev:TerminationTime>{string.Concat(messages)}</tev:PullMessagesResponse>");
    }

    private static Task FaultAsync(HttpContext context, int status, string subcode, string reason, string detail = "")
    {
        context.Response.StatusCode = status;
        return SendAsync(context, FakeOnvifGate.Fault(subcode, reason, detail));
    }

    private static Task SendAsync(HttpContext context, string body)
    {
        context.Response.ContentType = "application/soap+xml; charset=utf-8";
        return context.Response.WriteAsync(FakeOnvifGate.Envelope(body), CancellationToken.None);
    }

    private sealed record Subscription(string Id)
    {
        public Channel<string> Messages { get; } = Channel.CreateUnbounded<string>();
    }
}
