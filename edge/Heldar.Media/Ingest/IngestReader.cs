using System.Collections.Concurrent;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>
/// The ingest thread: reads all receivers in turn into one buffer, then rests until the next interval. Everything that receivers and hubs own is
/// touched here only; other threads post work.
/// </summary>
internal sealed class IngestReader : IDisposable
{
    private readonly IngestOptions _options;
    private readonly IClock _clock;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly List<StreamReceiver> _receivers = [];
    private readonly byte[] _buffer;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;

    public IngestReader(IngestOptions options, IClock clock, TimeProvider time)
    {
        (_options, _clock, _time) = (options, clock, time);
        _buffer = GC.AllocateUninitializedArray<byte>(options.ReceiveBufferBytes);
        new Thread(Loop) { IsBackground = true, Name = "heldar-ingest" }.Start();
    }

    /// <summary>Completes when the thread has ended.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Runs work on the ingest thread, soon. Nothing is run after <see cref="Stop"/>.</summary>
    public void Post(Action work)
    {
        _posted.Enqueue(work);
        _wake.Set();
    }

    /// <summary>Starts reading a receiver. Ingest thread only.</summary>
    public void Add(StreamReceiver receiver) => _receivers.Add(receiver);

    /// <summary>Ends a receiver in order, soon: what has arrived for it is taken first.</summary>
    public void Close(StreamReceiver receiver) => Post(() => Finish(receiver));

    public void Stop()
    {
        _stopping = true;
        _wake.Set();
    }

    public void Dispose() => _wake.Dispose();

    private void Loop()
    {
        var interval = _options.ReadInterval.ToTimeSpan();
        var due = _time.GetTimestamp();
        while (true)
        {
            while (_posted.TryDequeue(out var work)) work();
            if (_stopping) break;
            if (_receivers.Count == 0)
            {
                _wake.WaitOne();
                due = _time.GetTimestamp();
                continue;
            }

            var rest = interval - _time.GetElapsedTime(due);
            if (rest > TimeSpan.Zero && _wake.WaitOne(rest)) continue;
            due = _time.GetTimestamp();
            for (var i = _receivers.Count - 1; i >= 0; i--)
            {
                if (_receivers[i].Ended.IsCompleted || !Tick(_receivers[i])) _receivers.RemoveAt(i);
            }
        }

        foreach (var receiver in _receivers) Finish(receiver);
        _finished.SetResult();
    }

    /// <summary>Between two reads some pictures have always arrived: a camera that is let go must not lose them.</summary>
    private void Finish(StreamReceiver receiver)
    {
        if (!receiver.Ended.IsCompleted && Tick(receiver)) receiver.Stop();
    }

    private bool Tick(StreamReceiver receiver)
    {
        try
        {
            return receiver.Tick(_buffer, _clock, _time);
        }
        catch (Exception e)
        {
            // A bug in one stream's path must not end the others: this stream starts over, and says so.
            receiver.End(StreamLoss.Protocol, StreamFailure.Protocol, $"internal error: {e.GetType().Name}: {e.Message}");
            return false;
        }
    }
}
