namespace Heldar.Cloud.Webhooks;

/// <summary>
/// How many calls of this process run to each endpoint, so that one that never answers holds only its own share of the handlers; and which endpoints have deliveries that were
/// turned away and are to be called in when a place is free. Thread-safe.
/// </summary>
public sealed class EndpointGates(TimeProvider time)
{
    /// <summary>Most calls to one endpoint at once. More drains a backlog faster and lets a dead endpoint hold more.</summary>
    public const int MaxCalls = 4;

    // A busy endpoint that answers has a place soon; at one that does not, nobody waits.
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Stuck = TimeSpan.FromSeconds(1);

    private readonly Lock _one = new();
    private readonly Dictionary<Guid, Gate> _gates = [];

    /// <summary>Takes a place, to be left; null when none is free soon.</summary>
    internal async ValueTask<Place?> EnterAsync(Guid endpoint, CancellationToken cancellation)
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

    /// <summary>Notes that a delivery was turned away and waits in its row now; false when nobody is inside who would call it in.</summary>
    internal bool TurnAway(Guid endpoint)
    {
        lock (_one)
        {
            if (!_gates.TryGetValue(endpoint, out var gate) || gate.Users == 0) return false;
            gate.TurnedAway++;
            return true;
        }
    }

    /// <summary>Nobody waits outside any more, unless somebody was turned away since <paramref name="seen"/> was told.</summary>
    internal void AllCalledIn(Guid endpoint, long seen)
    {
        lock (_one)
        {
            if (!_gates.TryGetValue(endpoint, out var gate) || gate.TurnedAway != seen) return;
            gate.TurnedAway = 0;
            Close(endpoint, gate);
        }
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

    private long Part(Guid endpoint, Gate gate)
    {
        lock (_one)
        {
            gate.Users--;
            var turnedAway = gate.TurnedAway;
            Close(endpoint, gate);
            return turnedAway;
        }
    }

    private void Close(Guid endpoint, Gate gate)
    {
        if (gate.Users > 0 || gate.TurnedAway > 0) return;
        _gates.Remove(endpoint);
        gate.Dispose();
    }

    private long Now() => time.GetTimestamp();

    internal sealed class Gate : IDisposable
    {
        public SemaphoreSlim Free { get; } = new(MaxCalls);

        /// <summary>When each call began.</summary>
        public List<long> Running { get; } = [];

        /// <summary>Deliveries that found no place and wait in their rows.</summary>
        public long TurnedAway { get; set; }

        /// <summary>Callers inside and waiting.</summary>
        public int Users { get; set; }

        public void Dispose() => Free.Dispose();
    }

    /// <summary>A place at an endpoint's gate.</summary>
    internal sealed class Place
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

        /// <summary>Leaves. Not 0 when deliveries were turned away: then the next one is to be called in.</summary>
        public long Leave()
        {
            lock (_gates._one) _gate.Running.Remove(_began);
            _gate.Free.Release();
            return _gates.Part(_endpoint, _gate);
        }
    }
}
