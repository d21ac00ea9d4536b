namespace Heldar.Cloud.Webhooks;

/// <summary>How many calls of this process run to each endpoint, so that one that never answers holds only its own share of the handlers. Thread-safe.</summary>
public sealed class EndpointGates(TimeProvider time)
{
    /// <summary>Most calls to one endpoint at once. More drains a backlog faster and lets a dead endpoint hold more.</summary>
    public const int MaxCalls = 4;

    // A busy endpoint that answers has a place soon; at one that does not, nobody waits.
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(1);

    private readonly Lock _one = new();
    private readonly Dictionary<Guid, Gate> _gates = [];

    /// <summary>Takes a place, to be disposed; null when none is free soon.</summary>
    public async ValueTask<IDisposable?> EnterAsync(Guid endpoint, CancellationToken cancellation)
    {
        var gate = Join(endpoint, out var wait);
        var entered = false;
        try
        {
            entered = await gate.Free.WaitAsync(wait, cancellation);
        }
        finally
        {
            if (!entered) Part(endpoint, gate);
        }

        return entered ? new Place(this, endpoint, gate) : null;
    }

    private Gate Join(Guid endpoint, out TimeSpan wait)
    {
        lock (_one)
        {
            if (!_gates.TryGetValue(endpoint, out var gate)) _gates[endpoint] = gate = new();
            gate.Users++;
            wait = gate.Running.Count >= MaxCalls && time.GetElapsedTime(gate.Running.Min()) > Stuck ? TimeSpan.Zero : Wait;
            return gate;
        }
    }

    private void Part(Guid endpoint, Gate gate)
    {
        lock (_one)
        {
            if (--gate.Users > 0) return;
            _gates.Remove(endpoint);
            gate.Dispose();
        }
    }

    private long Now() => time.GetTimestamp();

    private sealed class Gate : IDisposable
    {
        public SemaphoreSlim Free { get; } = new(MaxCalls);

        /// <summary>When each call began.</summary>
        public List<long> Running { get; } = [];

        /// <summary>Callers inside and waiting.</summary>
        public int Users { get; set; }

        public void Dispose() => Free.Dispose();
    }

    private sealed class Place : IDisposable
    {
        private readonly EndpointGates _gates;
        private readonly Guid _endpoint;
        private readonly Gate _gate;
        private readonly long _began;

        public Place(EndpointGates gates, Guid endpoint, Gate gate)
        {
            (_gates, _endpoint, _gate, _began) = (gates, endpoint, gate, gates.Now());
            lock (gates._one) gate.Running.Add(_began);
        }

        public void Dispose()
        {
            lock (_gates._one) _gate.Running.Remove(_began);
            _gate.Free.Release();
            _gates.Part(_endpoint, _gate);
        }
    }
}
