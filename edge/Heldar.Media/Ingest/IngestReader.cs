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
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;

    public IngestReader(IngestOptions options, IClock clock, TimeProvider time)
    {
        (_options, _clock, _time) = (options, clock, time);
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

    public void Stop()
    {
        _stopping = true;
        _wake.Set();
    }

    public void Dispose() => _wake.Dispose();

    private void Loop()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(_options.ReceiveBufferBytes);
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
                if (_receivers[i].Ended.IsCompleted || !Tick(_receivers[i], buffer)) _receivers.RemoveAt(i);
            }
        }

        foreach (var receiver in _receivers) receiver.Stop();
        _finished.SetResult();
    }

    private bool Tick(StreamReceiver receiver, byte[] buffer)
    {
        try
        {
            return receiver.Tick(buffer, _clock, _time);
        }
        catch (Exception e)
        {
            // A bug in one stream's path must not end the others: this stream starts over, and says so.
            receiver.End(StreamLoss.Protocol, StreamFailure.Protocol, $"internal error: {e.GetType().Name}: {e.Message}");
            return false;
        }
    }
}
