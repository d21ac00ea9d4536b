using System.Diagnostics;
using Heldar.Edge.Cameras;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Events;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>
/// Follows the events of one camera from subscribing to giving the subscription back, and hands what triggers to <see cref="IEventTrigger"/>. While something goes on it
/// triggers again and again, so that the recording lasts, and once more when it ends: the post-roll counts from there. A subscription that is lost is made anew; what
/// went on is then unknown until the camera says it again. One loop for the camera, one for what goes on.
/// </summary>
internal sealed partial class EventWatcher(
    CameraConfig camera, CameraSecrets secrets, CameraRegistry cameras, IEventTrigger trigger, CameraEventStates states, CameraEventOptions options, IClock clock, ILogger log)
{
    private static readonly Duration ShortestHold = Duration.FromMilliseconds(500);
    private static readonly Duration LongestHold = Duration.FromSeconds(5);
    private readonly ActiveEvents _active = new();
    private readonly Backoff _wait = new(Duration.FromTimeSpan(options.FirstWait), Duration.FromTimeSpan(options.LongestWait));
    private readonly Backoff _refused = new(Duration.FromTimeSpan(options.RefusedWait), Duration.FromTimeSpan(options.RefusedWait) * 5);
    private string? _told;
    private long _began;
    private bool _pulled;
    private bool _doubted;

    /// <summary>Runs until it is stopped. Whatever happens, it goes on.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        Set(CameraEventCondition.Connecting, null);
        while (!stopping.IsCancellationRequested)
        {
            var wait = Duration.Zero;
            try
            {
                _pulled = false;
                await SessionAsync(stopping);
                // The camera does not renew: nothing is wrong, and nothing is told.
                if (Stopwatch.GetElapsedTime(_began) < options.ShortestSession) wait = _wait.Next();
                else _wait.Reset();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (OnvifException e)
            {
                wait = e.Failure == OnvifFailure.AuthFailed && !IsDoubtful() ? _refused.Next() : _wait.Next();
                Fail(e.Message, e.Failure);
            }
            catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or InvalidDataException or UriFormatException)
            {
                wait = _refused.Next();
                Fail("the camera's settings cannot be opened: " + e.Message, null);
            }
            catch (Exception e)
            {
                LogUnexpected(e, camera.Slug);
                wait = _wait.Next();
                Fail(e.Message, null);
            }

            await Task.Delay(wait.ToTimeSpan(), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        states.Forget(camera.Uid);
    }

    /// <summary>One subscription from its begin to its end: an exception, unless the camera does not renew it.</summary>
    private async Task SessionAsync(CancellationToken stopping)
    {
        var settings = secrets.Events(camera) ?? throw new InvalidDataException("there are none");
        var source = EventSource.Of(camera, settings, secrets);
        using var client = new OnvifEventClient(source, options, clock);
        await client.ReadClockAsync(stopping);
        var service = await client.FindServiceAsync(stopping);
        var point = await client.SubscribeAsync(service, stopping);
        _began = Stopwatch.GetTimestamp();
        if (point.IsElsewhere) LogElsewhere(camera.Slug, point.Address.Authority);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            var holding = EndingAsync(HoldAsync(ending.Token), ending);
            var pulling = EndingAsync(PullAsync(client, point, new EventFilter(settings), ending.Token), ending);
            await Task.WhenAll(pulling, holding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // One ended the other, which was cancelled, and is what is told.
            await (holding.IsFaulted ? holding : pulling);
        }
        finally
        {
            _active.Clear();
            await GiveBackAsync(client, point);
        }
    }

    private static async Task EndingAsync(Task task, CancellationTokenSource other)
    {
        try
        {
            await task;
        }
        finally
        {
            await other.CancelAsync();
        }
    }

    private async Task PullAsync(OnvifEventClient client, PullPoint point, EventFilter filter, CancellationToken cancellation)
    {
        // The first pull is short: it brings what goes on already, and says soon whether pulling works.
        for (var most = TimeSpan.FromSeconds(1); true; most = options.PullTimeout)
        {
            if (clock.GetCurrentInstant() >= point.RenewAt)
            {
                if (await RenewAsync(client, point, cancellation) is not { } renewed) return;
                point = renewed;
            }

            var begin = Stopwatch.GetTimestamp();
            var pulled = await client.PullAsync(point, most, cancellation);
            if (_told is not "") LogSubscribed(camera.Slug);
            _told = "";
            _pulled = true;
            if (Stopwatch.GetElapsedTime(_began) >= options.GoodSession)
            {
                _wait.Reset();
                _refused.Reset();
                _doubted = false;
            }

            Set(CameraEventCondition.Subscribed, null);
            await TakeAsync(pulled, filter, cancellation);
            var pause = pulled.Events.Count > 0 ? options.FullPause : options.EmptyPause - Stopwatch.GetElapsedTime(begin);
            if (pause > TimeSpan.Zero) await Task.Delay(pause, cancellation);
        }
    }

    /// <summary>Makes the subscription live on; null when the camera refuses that, as those do that know no Renew.</summary>
    private static async Task<PullPoint?> RenewAsync(OnvifEventClient client, PullPoint point, CancellationToken cancellation)
    {
        try
        {
            return await client.RenewAsync(point, cancellation);
        }
        catch (OnvifException e) when (e.Failure is OnvifFailure.NotSupported or OnvifFailure.Refused)
        {
            return null;
        }
    }

    /// <summary>
    /// A camera that took the password a moment ago and refuses it now may only have had its clock corrected, or the box its own, since proofs are dated: it is asked
    /// once more, with its clock read again, before the refusal counts.
    /// </summary>
    private bool IsDoubtful()
    {
        if (!_pulled || _doubted) return false;
        return _doubted = true;
    }

    private async Task TakeAsync(Pulled pulled, EventFilter filter, CancellationToken cancellation)
    {
        var (now, triggered) = (clock.GetCurrentInstant(), 0);
        foreach (var one in pulled.Events.Where(filter.Takes))
        {
            var source = EventFilter.Source(one);
            var meaning = _active.Take(one, source);
            if (meaning == EventMeaning.Nothing) continue;
            triggered++;
            await trigger.TriggerAsync(camera.Uid, source, meaning == EventMeaning.GoesOn ? now : now - one.Age, cancellation);
        }

        if (pulled.Unreadable > 0) LogUnreadable(camera.Slug, pulled.Unreadable);
        CameraEventMetrics.Pulled(pulled.Events.Count, triggered, pulled.Unreadable);
        states.Saw(camera.Uid, pulled.Events, triggered, _active.Current, now);
    }

    /// <summary>Keeps the recording going while something goes on.</summary>
    private async Task HoldAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var postRoll = Duration.FromSeconds(cameras.Find(camera.Uid)?.PostRollSeconds ?? 0);
            await Task.Delay(Duration.Max(ShortestHold, Duration.Min(postRoll / 2, LongestHold)).ToTimeSpan(), cancellation);
            if (_active.Current is { } source) await trigger.TriggerAsync(camera.Uid, source, clock.GetCurrentInstant(), cancellation);
        }
    }

    /// <summary>The camera has few places for subscriptions. When it does not answer, the place is free after the subscription's life.</summary>
    private async Task GiveBackAsync(OnvifEventClient client, PullPoint point)
    {
        using var limit = new CancellationTokenSource(options.UnsubscribeTimeout);
        try
        {
            await client.UnsubscribeAsync(point, limit.Token);
        }
        catch (Exception e) when (e is OnvifException or OperationCanceledException)
        {
            LogNotGivenBack(camera.Slug, e.Message);
        }
    }

    private void Fail(string cause, OnvifFailure? why)
    {
        CameraEventMetrics.Failed(why);
        Set(CameraEventCondition.Failed, cause);
        if (_told == cause) return;
        _told = cause;
        LogLost(camera.Slug, cause);
    }

    private void Set(CameraEventCondition condition, string? cause) => states.Set(camera.Uid, camera.Slug, condition, cause, clock.GetCurrentInstant());
}
