using System.Threading.Channels;
using Heldar.Contracts.Events;
using Heldar.Edge.Ingest;
using Heldar.Edge.Recorder;
using Heldar.Edge.Settings;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>
/// One camera as an actor: a bounded mailbox and one loop that owns its pipeline. Callers wait for their message to be done; a full mailbox makes
/// them wait to be taken. Survives a pipeline that cannot start: the reason becomes the camera's condition.
/// </summary>
internal sealed partial class CameraActor : ICamera, IAsyncDisposable
{
    private const int MailboxSize = 16;
    private readonly IRecordingPipelines _pipelines;
    private readonly CameraSecrets _secrets;
    private readonly WishBook _wishes;
    private volatile int _defaultSegmentSeconds;
    private readonly IClock _clock;
    private readonly ILogger _log;
    private readonly Channel<Message> _mailbox = Channel.CreateBounded<Message>(new BoundedChannelOptions(MailboxSize) { SingleReader = true });
    private readonly Task _loop;
    private volatile State _state;

    public CameraActor(CameraConfig config, IRecordingPipelines pipelines, CameraSecrets secrets, WishBook wishes, int defaultSegmentSeconds, IClock clock, ILogger log)
    {
        (_pipelines, _secrets, _wishes, _defaultSegmentSeconds, _clock, _log) = (pipelines, secrets, wishes, defaultSegmentSeconds, clock, log);
        _state = new State(config, null, null);
        _loop = Task.Run(LoopAsync);
    }

    public Task ApplyAsync(CameraConfig config, CancellationToken cancellation) => SendAsync(new Message(config, Done()), cancellation);

    public Task StopAsync(CancellationToken cancellation) => SendAsync(new Message(null, Done()), cancellation);

    /// <summary>The box's length of a segment, for a camera without its own: counts from the next cut on.</summary>
    public Task UseSegmentSecondsAsync(int seconds, CancellationToken cancellation)
    {
        _defaultSegmentSeconds = seconds;
        return ApplyAsync(_state.Config, cancellation);
    }

    public ValueTask<CameraObserved> ObserveAsync(CancellationToken cancellation)
    {
        var now = _state;
        var (config, pipeline, error, wish) = (now.Config, now.Pipeline, now.Error, _wish);
        var (condition, cause) = (error is null ? CameraCondition.Connecting : CameraCondition.Error, error);
        var (stream, recorder) = (pipeline?.Stream, pipeline?.Recorder);
        if (!config.Enabled) (condition, cause) = (CameraCondition.Disabled, null);
        else if (stream is not null && recorder is not null) (condition, cause) = CameraConditions.Judge(stream, recorder, wish, _clock.GetCurrentInstant());
        return new(new CameraObserved(config, condition, cause, stream, recorder) { PreRoll = pipeline?.PreRoll, Pipelines = now.Pipelines, EndedAt = now.EndedAt, Wish = wish });
    }

    /// <summary>Adds a reader to the running session, or null when none runs. For rooms in the same process.</summary>
    public IDisposable? Subscribe(IStreamSubscriber subscriber) => _state.Pipeline?.Subscribe(subscriber);

    public async ValueTask DisposeAsync()
    {
        _mailbox.Writer.TryComplete();
        await _loop;
    }

    private async Task SendAsync(Message message, CancellationToken cancellation)
    {
        await _mailbox.Writer.WriteAsync(message, cancellation);
        await message.Done.Task.WaitAsync(cancellation);
    }

    private async Task LoopAsync()
    {
        while (await MessageAsync())
        {
            while (_mailbox.Reader.TryRead(out var message))
            {
                try
                {
                    if (message.Config is { } config) await ChangeAsync(config);
                    else if (!message.Review) await EndAsync();
                    Follow();
                    message.Done.SetResult();
                }
                catch (Exception e)
                {
                    LogChangeFailed(e, _state.Config.Slug);
                    message.Done.SetException(e);
                }
            }
        }

        await EndAsync();
    }

    private async Task ChangeAsync(CameraConfig next)
    {
        var now = _state;
        if (now.Pipeline is { } running && next.Enabled && TryContinue(running, now.Config, next))
        {
            _state = now with { Config = next };
            return;
        }

        await EndAsync();
        _state = _state with { Config = next, Pipeline = null, Error = null };
        if (!next.Enabled) return;
        try
        {
            var pipeline = _pipelines.Start(new CameraIdentity(next.Uid, next.Slug), _secrets.Source(next), Plan(next));
            _state = _state with { Pipeline = pipeline, Pipelines = _state.Pipelines + 1 };
        }
        catch (Exception e) when (e is ArgumentException or IOException or System.Security.Cryptography.CryptographicException)
        {
            LogCannotStart(e, next.Slug);
            _state = _state with { Error = e.Message };
        }
    }

    /// <summary>Changes what runs; false when it has to end first.</summary>
    private bool TryContinue(IRecordingPipeline running, CameraConfig before, CameraConfig next)
    {
        try
        {
            if (before.NeedsSession(next)) running.Connect(_secrets.Source(next));
            running.Use(Plan(next));
            return true;
        }
        catch (Exception e) when (e is ArgumentException or System.Security.Cryptography.CryptographicException)
        {
            // Starting anew fails alike, and becomes the camera's condition.
            return false;
        }
    }

    private RecordingPlan Plan(CameraConfig config) => new(config.SegmentSeconds ?? _defaultSegmentSeconds)
    {
        // Only who waits for events keeps what came before them.
        PreRoll = config.Mode.TakesEvents() ? Duration.FromSeconds(config.PreRollSeconds) : Duration.Zero,
    };

    private async Task EndAsync()
    {
        var now = _state;
        if (now.Pipeline is not { } pipeline) return;
        _state = now with { Pipeline = null };
        await pipeline.DisposeAsync();
        _state = _state with { EndedAt = pipeline.Recorder.RecordedThrough ?? now.EndedAt };
    }

    private sealed record State(CameraConfig Config, IRecordingPipeline? Pipeline, string? Error, int Pipelines = 0, Instant? EndedAt = null);

    private sealed record Message(CameraConfig? Config, TaskCompletionSource Done, bool Review = false);
}
