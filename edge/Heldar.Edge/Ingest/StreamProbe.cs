using Heldar.Media.Ingest;

namespace Heldar.Edge.Ingest;

/// <summary>Tries a stream for a moment, for people who set a camera up. At most 2 at a time, at most 10 s each. Thread-safe.</summary>
internal sealed class StreamProbe(IngestEngine engine) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim _places = new(2, 2);

    /// <summary>The stream's status once its format is known, once it has failed, or when the time is up.</summary>
    public async Task<StreamStatus> ProbeAsync(StreamSource source, CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation);
        try
        {
            await using var session = engine.Open(source);
            using var timer = new PeriodicTimer(Look);
            var started = TimeProvider.System.GetTimestamp();
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                var status = session.Status;
                if (status.Format is not null || status.State is StreamState.Offline or StreamState.AuthFailed or StreamState.Stalled) return status;
                if (TimeProvider.System.GetElapsedTime(started) > Patience) return status;
            }

            return session.Status;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();
}
