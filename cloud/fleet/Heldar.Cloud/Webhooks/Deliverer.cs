using System.Diagnostics;
using System.Text.Json;
using Heldar.Cloud.Outgoing;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>
/// Sends deliveries. A queue message only says that one may be due; the row decides, is claimed, and takes what came of the attempt. Whatever is lost between row
/// and queue is put into the queue again by <see cref="RequeueAsync"/>. At least once, always under the same webhook-id. Thread-safe.
/// </summary>
public sealed class Deliverer(QueueStore queues, DeliveryStore store, DeliveryClaims claims, EndpointGates gates, DeliverySender sender, FanOutSender notices, IClock clock, string shard)
{
    private const int MaxDetail = 500;

    private readonly string _queue = QueueNames.InShard(QueueNames.Webhooks, shard);

    /// <summary>Applies one message of queue <c>webhooks</c>. Throws <see cref="JsonException"/> for what is none.</summary>
    public async Task RunAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var message = DeliveryMessage.Parse(body.Span);
        if (await gates.EnterAsync(message.Endpoint, cancellation) is not { } place)
        {
            // It waits in its row: bouncing through the queue, a dead endpoint's messages would crowd out the others'.
            await PostponeAsync(message, clock.GetCurrentInstant(), cancellation);
            if (!gates.TurnAway(message.Endpoint)) await CallInAsync(message, 0, cancellation);
            return;
        }

        long turnedAway;
        try
        {
            await DeliverAsync(message, cancellation);
        }
        finally
        {
            turnedAway = place.Leave();
        }

        if (turnedAway > 0) await CallInAsync(message, turnedAway, cancellation);
    }

    /// <summary>The timer's work: gives up and forgets what is old, and puts what is due soon into the queue. Returns how many.</summary>
    public async Task<int> RequeueAsync(CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        await store.TidyAsync(now, cancellation);
        var due = await store.TakeDueAsync(now, cancellation);
        foreach (var one in due) await PutAsync(new(one.Tenant, one.Endpoint, one.Delivery), one.DueAt - now, cancellation);
        return due.Count;
    }

    private async Task DeliverAsync(DeliveryMessage message, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        if (await claims.TakeAsync(message.Tenant, message.Delivery, now, cancellation) is not { } claim)
        {
            await PostponeAsync(message, now, cancellation);
            return;
        }

        if (claim.Failures >= WebhookRetry.CircuitThreshold && !await claims.ProbeAsync(claim, now, cancellation))
        {
            await claims.ReleaseAsync(claim, cancellation);
            await PostponeAsync(message, now, cancellation);
            return;
        }

        var started = Stopwatch.GetTimestamp();
        var answer = await sender.SendAsync(claim, now, cancellation);
        var result = Judge(claim, answer, clock.GetCurrentInstant(), Duration.FromTimeSpan(Stopwatch.GetElapsedTime(started)));
        WebhookMetrics.Tried(result, message.Applied);
        // What was sent is written, even when this program is told to stop now.
        var following = await claims.FinishAsync(claim, result, CancellationToken.None);
        if (result.Next is { } next && next <= result.At + WebhookRetry.Horizon) await PutAsync(message, next - result.At, CancellationToken.None);
        if (following is not null) await PutAsync(message with { Delivery = following, Applied = null }, Duration.Zero, CancellationToken.None);
        if (!result.Delivered) await DisableIfHopelessAsync(claim, result, CancellationToken.None);
    }

    private async Task CallInAsync(DeliveryMessage left, long turnedAway, CancellationToken cancellation)
    {
        if (await claims.NextAsync(left.Tenant, left.Endpoint, clock.GetCurrentInstant(), cancellation) is { } next) await PutAsync(left with { Delivery = next, Applied = null }, Duration.Zero, cancellation);
        else gates.AllCalledIn(left.Endpoint, turnedAway);
    }

    private Task PostponeAsync(DeliveryMessage message, Instant now, CancellationToken cancellation) =>
        claims.PostponeAsync(message.Tenant, message.Delivery, Duration.FromSeconds(Random.Shared.NextDouble()), now, cancellation);

    private static AttemptResult Judge(DeliveryClaim claim, OutgoingAnswer answer, Instant at, Duration took)
    {
        if (answer.IsGood) return new(true, at, took, answer.Status, null, null, null);
        var next = WebhookRetry.Next(at, claim.Tries + 1, answer.RetryAfter, claim.ExpiresAt, Random.Shared.NextDouble());
        var failure = answer.Failure is { } known ? JsonNamingPolicy.SnakeCaseLower.ConvertName(known.ToString()) : "status";
        var detail = answer.Detail ?? System.Text.Encoding.UTF8.GetString(answer.Body.AsSpan(0, Math.Min(answer.Body.Length, MaxDetail)));
        return new(false, at, took, answer.Status, failure, EventRules.Clean(detail, MaxDetail), next);
    }

    // The notice goes first: when this ends in between, the next failure says it again under the same id.
    private async Task DisableIfHopelessAsync(DeliveryClaim claim, AttemptResult result, CancellationToken cancellation)
    {
        var since = claim.FailingSince ?? result.At;
        var reason = result.Status == 410 ? "it answered 410 Gone" : result.At - since >= WebhookRetry.DisableAfter ? $"nothing was delivered for {WebhookRetry.DisableAfter.Days} days" : null;
        if (reason is null) return;
        await notices.SendAsync(claim.Tenant, [WebhookNotices.OfDisabled(claim.Tenant, claim.Endpoint, claim.Name, reason, since, result.At)], cancellation);
        await claims.DisableAsync(claim, reason, result.At, cancellation);
    }

    private Task PutAsync(DeliveryMessage message, Duration delay, CancellationToken cancellation) =>
        queues.SendAsync(_queue, message.ToBytes(), (delay > Duration.Zero ? delay : Duration.Zero).ToTimeSpan(), cancellation);
}
