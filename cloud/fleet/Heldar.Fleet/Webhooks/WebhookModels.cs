using Heldar.Cloud.Outgoing;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts.Events;
using Heldar.Fleet.Api;
using NodaTime;

namespace Heldar.Fleet.Webhooks;

/// <summary>Body of <c>POST</c> and <c>PUT /api/v1/webhooks</c>.</summary>
/// <param name="Name">What people call it, 1 to 128 characters.</param>
/// <param name="Url">https, a public host.</param>
/// <param name="Ordered">One delivery at a time, in order: one failure holds up the rest. Default false.</param>
/// <param name="Enabled">False stops deliveries; true after a disabling starts them again. Default true.</param>
/// <param name="Subscriptions">What it wants to hear of, 1 to <see cref="MaxSubscriptions"/> filters, of which one must pass.</param>
internal sealed record WebhookRequest(string Name, string Url, IReadOnlyList<EventFilter> Subscriptions, bool Ordered = false, bool Enabled = true)
{
    public const int MaxSubscriptions = 20;

    /// <summary>Throws <see cref="BadInputException"/>.</summary>
    public void Check(bool allowLoopback)
    {
        if (!EventRules.IsText(Name, 128) || Name.Trim().Length == 0) throw new BadInputException("name must be 1 to 128 printable characters");
        if (AddressRules.Mistake(Url, allowLoopback) is { } url) throw new BadInputException(url);
        if (Subscriptions is not { Count: >= 1 and <= MaxSubscriptions }) throw new BadInputException($"subscriptions has 1 to {MaxSubscriptions} filters; an empty filter passes everything");
        foreach (var filter in Subscriptions)
            if (filter is null || filter.Mistake() is not null) throw new BadInputException($"subscriptions: {filter?.Mistake() ?? "a filter is null"}");
    }
}

/// <summary>An endpoint as people see it. Its secret is shown once, when it is made.</summary>
internal sealed record WebhookView(Guid Endpoint, string Name, string Url, bool Ordered, bool Enabled, IReadOnlyList<EventFilter> Subscriptions, int Failures, long Pending)
{
    public Instant? FailingSince { get; init; }

    public Instant? DisabledAt { get; init; }

    public string? DisabledReason { get; init; }
}

/// <summary>Answer of making an endpoint and of a new secret: the only time that it is shown.</summary>
internal sealed record WebhookSecretView(Guid Endpoint, string Secret);

/// <summary>Body of <c>POST …/secret</c>.</summary>
/// <param name="OverlapHours">How long the old secret signs as well, 0 to 168 h. Default 24.</param>
internal sealed record RotateRequest(int OverlapHours = 24);

/// <summary>Body of <c>POST …/replay</c>.</summary>
/// <param name="From">Events from here, inclusive.</param>
/// <param name="To">Up to here, exclusive; at most 31 days later.</param>
/// <param name="All">Also what was delivered. Default false.</param>
internal sealed record ReplayRequest(Instant From, Instant To, bool All = false);

/// <summary>Answer of a replay.</summary>
/// <param name="Deliveries">How many will be made.</param>
/// <param name="Next">Where to go on, when the range holds more than one replay takes.</param>
internal sealed record ReplayView(int Deliveries, Instant? Next = null);

/// <summary>Answer of a test.</summary>
/// <param name="Delivery">The webhook-id that it will have.</param>
internal sealed record TestView(string Delivery);

/// <summary>One attempt in the log.</summary>
internal sealed record AttemptView(int Attempt, Instant At, int DurationMs, int? Status = null, string? Failure = null, string? Detail = null);

/// <summary>One delivery in the log, the newest first.</summary>
internal sealed record DeliveryView(string Delivery, string Type, Instant At, string State, int Attempts, Instant CreatedAt, IReadOnlyList<AttemptView> Log, Instant? DueAt = null, Instant? FinishedAt = null);

/// <summary>A page of the log.</summary>
internal sealed record DeliveryPage(IReadOnlyList<DeliveryView> Items, string? Cursor = null);
