using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Ingest;

/// <summary>
/// Joins two sessions of one camera into one stream: the first passes until a keyframe of the second is the very picture that comes next; from there on the second
/// passes. Where both send the same bytes, the pictures themselves tell, and none is lost or doubled; where they do not (another profile), their times do.
/// Both sessions call on the one ingest thread; the rest may be called by any.
/// </summary>
/// <param name="sink">Takes what passes.</param>
/// <param name="time">Dates keyframes for whoever waits for the next one.</param>
internal sealed partial class StreamSwitch(IStreamSubscriber sink, TimeProvider time)
{
    /// <summary>Longest time that media of the first session waits for the second one's keyframe.</summary>
    private static readonly Duration Patience = Duration.FromSeconds(2);

    /// <summary>The same where only times tell: a whole picture group may have to wait.</summary>
    private static readonly Duration PatienceByTime = Duration.FromSeconds(12);

    /// <summary>Keyframes of the first session that may pass without a like before times decide.</summary>
    private const int MaxTries = 3;

    private readonly Lock _gate = new();
    private readonly HeldUnits _ahead = new();
    private readonly HeldUnits _next = new();
    private Input? _current;
    private Input? _coming;
    private TaskCompletionSource _switched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Instant _passed = Instant.MinValue;
    private Instant _keyAt;
    private long _keyCame;
    private Duration _group;
    private Duration _interval;
    private bool _byTime;
    private int _tries;

    /// <summary>Told which session's subscriber threw, and gets no more; called on the ingest thread, must neither wait nor throw.</summary>
    public Action<IStreamSubscriber>? Faulted { get; init; }

    /// <summary>The session that passes; null before the first.</summary>
    public IStreamSubscriber? Current
    {
        get
        {
            lock (_gate) return _current;
        }
    }

    /// <summary>Completes when the session that was begun last passes.</summary>
    public Task Switched
    {
        get
        {
            lock (_gate) return _switched.Task;
        }
    }

    /// <summary>When the newest keyframe passed, as a timestamp of the time provider, and how long the picture group before it was; zero when unknown.</summary>
    public (long At, TimeSpan Length) Group
    {
        get
        {
            lock (_gate) return (_keyCame, _group.ToTimeSpan());
        }
    }

    /// <summary>A new session's subscriber. The first one passes at once, a later one when its time has come.</summary>
    public IStreamSubscriber Begin()
    {
        lock (_gate)
        {
            var input = new Input(this);
            _switched = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_current is null) _current = input;
            else (_coming, _byTime, _tries) = (input, false, 0);
            return input;
        }
    }

    /// <summary>The session that was begun last will not pass; the one that passes goes on.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            Flush(Instant.MaxValue);
            Forget();
        }
    }

    /// <summary>The session that was begun last passes from now on, whatever is lost: the one before is gone.</summary>
    public void Force()
    {
        lock (_gate)
        {
            if (_coming is not { } coming) return;
            Flush(Instant.MaxValue);
            if (_next.Count > 0 && _next[0].Time > _passed)
            {
                Switch();
                return;
            }

            if (coming.Run is { } run)
            {
                sink.OnRun(run);
                if (coming.Format is { } format) sink.OnFormat(format);
            }
            else if (_current!.Run is not null)
            {
                sink.OnLost(StreamLoss.Stopped, "another session begins");
            }

            Become(coming);
        }
    }

    private void OnRun(Input from, StreamRun run)
    {
        lock (_gate)
        {
            (from.Run, from.Format) = (run, null);
            if (from == _coming) _next.Clear();
            if (from != _current) return;
            Flush(Instant.MaxValue);
            (_passed, _group, _interval) = (Instant.MinValue, Duration.Zero, Duration.Zero);
            sink.OnRun(run);
        }
    }

    private void OnFormat(Input from, StreamFormat format)
    {
        lock (_gate)
        {
            from.Format = format;
            if (from == _coming) _next.Clear();
            if (from != _current) return;
            Flush(Instant.MaxValue);
            sink.OnFormat(format);
        }
    }

    private void OnAccessUnit(Input from, in AccessUnit unit)
    {
        lock (_gate)
        {
            if (from == _current)
            {
                if (_coming is not null && Hold(unit)) return;
                Pass(unit);
            }
            else if (from == _coming)
            {
                Come(unit);
            }
        }
    }

    private void OnDamage(Input from, int packetsLost)
    {
        lock (_gate)
        {
            if (from == _coming) _next.Clear();
            if (from != _current) return;
            Flush(Instant.MaxValue);
            sink.OnDamage(packetsLost);
        }
    }

    private void OnLost(Input from, StreamLoss loss, string cause)
    {
        lock (_gate)
        {
            (from.Run, from.Format) = (null, null);
            if (from == _coming) _next.Clear();
            if (from != _current) return;
            Flush(Instant.MaxValue);
            sink.OnLost(loss, cause);
        }
    }

    private void OnCameraOffset(Input from, Duration offset)
    {
        lock (_gate)
        {
            if (from == _current) sink.OnCameraOffset(offset);
        }
    }

    private void OnTime(Input from, Duration monotonic)
    {
        lock (_gate)
        {
            if (from == _current) sink.OnTime(monotonic);
        }
    }

    private sealed class Input(StreamSwitch owner) : IStreamSubscriber
    {
        public StreamRun? Run { get; set; }

        public StreamFormat? Format { get; set; }

        public void OnRun(StreamRun run) => owner.OnRun(this, run);

        public void OnFormat(StreamFormat format) => owner.OnFormat(this, format);

        public void OnAccessUnit(in AccessUnit unit) => owner.OnAccessUnit(this, unit);

        public void OnDamage(int packetsLost) => owner.OnDamage(this, packetsLost);

        public void OnLost(StreamLoss loss, string cause) => owner.OnLost(this, loss, cause);

        public void OnCameraOffset(Duration offset) => owner.OnCameraOffset(this, offset);

        public void OnTime(Duration monotonic) => owner.OnTime(this, monotonic);

        public void OnFault(Exception error) => owner.Faulted?.Invoke(this);
    }
}
