using System.Text;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>Who a simulated box is to its fleet.</summary>
internal sealed record SimIdentity(string Tenant, string Site, Guid Box, string KeyId);

/// <summary>A sealed batch: the same bytes on every put.</summary>
internal sealed class SimBatch(EventClass @class, string epoch, long seq, string queue, byte[] envelope, IReadOnlyList<SimEvent> events)
{
    public EventClass Class => @class;

    public string Epoch => epoch;

    public long Seq => seq;

    public string Queue => queue;

    public byte[] Envelope => envelope;

    public IReadOnlyList<SimEvent> Events => events;

    /// <summary>Puts that the queue accepted.</summary>
    public int Puts { get; set; }

    /// <summary>The cloud has it, though something before it is missing.</summary>
    public bool Received { get; set; }

    /// <summary>The log has it.</summary>
    public bool Logged { get; set; }

    public Instant LastPut { get; set; }
}

/// <summary>
/// A simulated box's outbox: batches per (class, queue), numbered per class from 1 within an epoch, kept until the cloud's watermark has passed them. Not thread-safe.
/// </summary>
/// <param name="flush">How long an event waits for others.</param>
/// <param name="resend">A batch that the cloud does not have after this long is put again.</param>
/// <param name="sign">Signs a body.</param>
internal sealed class SimOutbox(Duration flush, Duration resend, Func<byte[], string> sign)
{
    private const int FlushBytes = 32 * 1024;

    // A box goes on doubling, to an hour; a drill shall not wait for that.
    private const int MostDoublings = 2;
    private readonly Dictionary<(EventClass Class, string Queue), List<(SimEvent Event, Instant Since)>> _waiting = [];
    private readonly Dictionary<EventClass, long> _last = [];
    private readonly List<SimBatch> _sealed = [];
    private readonly Dictionary<string, (double Seconds, int Batches)> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<(EventClass Class, string Queue), Instant> _lastSeal = [];

    public string Epoch { get; private set; } = NewEpoch();

    /// <summary>Waiting states collapse, as a box's do: only the newest status, and the newest state of each camera, is kept. False keeps all, for those who judge each.</summary>
    public bool Collapses { get; init; }

    /// <summary>How long batches were open, s, by queue: from the first event to the seal; more than the flush time when the box is late.</summary>
    public IReadOnlyDictionary<string, (double Seconds, int Batches)> Open => _open;

    /// <summary>Events and batches that the cloud is not known to have.</summary>
    public long Backlog => _waiting.Values.Sum(w => w.Count) + _sealed.Count;

    public bool IsEmpty => Backlog == 0;

    public void Add(SimEvent one, Instant now)
    {
        EventType type = EventTypes.Get(one.Type);
        if (!_waiting.TryGetValue((type.Class, type.Queue), out var waiting)) _waiting[(type.Class, type.Queue)] = waiting = [];
        // The stream waits since its first event all the same.
        Instant since = now;
        if (Collapses && type.Class == EventClass.State && waiting.FindIndex(w => w.Event.Type == one.Type && w.Event.Camera == one.Camera) is >= 0 and var older)
        {
            since = waiting[older].Since;
            waiting.RemoveAt(older);
        }

        waiting.Add((one, since));
    }

    /// <summary>When something is to be sealed next; null when nothing waits.</summary>
    public Instant? NextSeal => _waiting.Where(w => w.Value.Count > 0).Select(w => (Instant?)DueAt(w.Key, w.Value)).Min();

    /// <summary>The disk is gone: what was not put was never told, what was put is no longer remembered; numbers begin again in a new epoch.</summary>
    public void Lose()
    {
        _waiting.Clear();
        _sealed.Clear();
        _last.Clear();
        Epoch = NewEpoch();
    }

    /// <summary>The box is dead: what was not put is told by nobody.</summary>
    public void Die()
    {
        _waiting.Clear();
        _sealed.RemoveAll(b => b.Puts == 0);
    }

    /// <summary>The cloud is not known to have all that was put.</summary>
    public bool IsUnheard => _sealed.Any(b => b.Puts > 0 && !b.Received);

    /// <summary>Seals what has waited long enough.</summary>
    public void Seal(SimIdentity identity, Instant now, bool all)
    {
        foreach (var ((@class, queue), waiting) in _waiting)
        {
            while (waiting.Count > 0 && (all || now >= DueAt((@class, queue), waiting)))
            {
                int take = 0;
                for (int size = 0; take < waiting.Count && take < BatchBody.MaxEvents && (take == 0 || size + waiting[take].Event.Size <= FlushBytes); take++) size += waiting[take].Event.Size;
                var open = _open.GetValueOrDefault(queue);
                _open[queue] = (open.Seconds + (now - waiting[0].Since).TotalSeconds, open.Batches + 1);
                _sealed.Add(Sealed(identity, @class, queue, [.. waiting.Take(take).Select(w => w.Event)]));
                waiting.RemoveRange(0, take);
                _lastSeal[(@class, queue)] = now;
            }
        }
    }

    /// <summary>Batches to put now: new ones, and old ones that the cloud does not have. Waits double with each put, as a box's do, so that a slow cloud is not told ever more.</summary>
    public IReadOnlyList<SimBatch> Due(Instant now) => [.. _sealed.Where(b => b.Puts == 0 || (!b.Received && now - b.LastPut >= resend * (1 << Math.Min(b.Puts - 1, MostDoublings))))];

    /// <summary>
    /// The newest and the oldest in turn when there are many, after an outage: the cloud must not care for order. Not the newest alone: a slow queue would never get to
    /// the oldest, the box's description, for which the cloud keeps all others waiting.
    /// </summary>
    public static IEnumerable<SimBatch> Shuffled(IReadOnlyList<SimBatch> due)
    {
        if (due.Count <= 3) return due;
        return Enumerable.Range(0, due.Count).Select(place => due[place % 2 == 0 ? due.Count - 1 - (place / 2) : place / 2]);
    }

    /// <summary>What the cloud is not known to have, in order; what it has and keeps back for a hole before it is left out.</summary>
    public IEnumerable<SimMissing> Missing(Instant now)
    {
        foreach (SimBatch batch in _sealed.Where(b => !b.Received))
            yield return new SimMissing(batch.Queue, batch.Class, batch.Seq, batch.Puts, batch.Puts == 0 ? null : now - batch.LastPut, batch.Events);
        foreach (var ((@class, queue), waiting) in _waiting.Where(w => w.Value.Count > 0))
            yield return new SimMissing(queue, @class, null, 0, null, [.. waiting.Select(w => w.Event)]);
    }

    /// <summary>Forgets what the watermark has passed, and puts nothing again that lies beyond it and in no hole.</summary>
    public void Learn(IReadOnlyList<Watermark> marks)
    {
        foreach (Watermark mark in marks)
        {
            _sealed.RemoveAll(b => b.Puts > 0 && b.Class == mark.Class && b.Epoch == mark.Epoch && b.Seq <= mark.Through);
            if (mark.Holes.Count == 0) continue;

            // What follows the last hole was received; of more the mark says nothing.
            long known = mark.Holes[^1].To + 1;
            foreach (SimBatch batch in _sealed.Where(b => b.Class == mark.Class && b.Epoch == mark.Epoch && b.Seq <= known))
                batch.Received = !mark.Holes.Any(hole => hole.From <= batch.Seq && batch.Seq <= hole.To);
        }
    }

    /// <summary>
    /// As a box does (room Uplink): the first event after a quiet time waits a tenth of the flush time, in case more come with it; a busy stream is sealed once per flush time;
    /// evidence and full batches at once.
    /// </summary>
    private Instant DueAt((EventClass Class, string Queue) stream, List<(SimEvent Event, Instant Since)> waiting)
    {
        Instant since = waiting.Min(w => w.Since);
        if (stream.Class == EventClass.Evidence || waiting.Sum(w => w.Event.Size) >= FlushBytes) return since;
        Instant early = since + (flush / 10);
        if (_lastSeal.TryGetValue(stream, out Instant last)) early = Instant.Max(early, last + flush);
        return Instant.Min(since + flush, early);
    }

    private SimBatch Sealed(SimIdentity identity, EventClass @class, string queue, IReadOnlyList<SimEvent> events)
    {
        long seq = _last[@class] = _last.GetValueOrDefault(@class) + 1;
        byte[] body = new BatchBody
        {
            Tenant = identity.Tenant,
            Box = identity.Box,
            Class = @class,
            Epoch = Epoch,
            BatchSeq = seq,
            Events = [.. events.Select(e => e.Compose(identity.Tenant, identity.Site, identity.Box))],
        }.ToBytes();
        byte[] envelope = new Envelope
        {
            Tenant = identity.Tenant,
            Box = identity.Box,
            KeyId = identity.KeyId,
            Class = @class,
            Epoch = Epoch,
            BatchSeq = seq,
            Body = Encoding.UTF8.GetString(body),
            Sig = sign(body),
        }.ToBytes();
        return envelope.Length <= Envelope.MaxBytes ? new SimBatch(@class, Epoch, seq, queue, envelope, events) : throw new InvalidDataException($"a simulated batch of {envelope.Length} bytes is too large");
    }

    private static string NewEpoch() => Guid.NewGuid().ToString("N");
}
