using Heldar.Contracts.Api;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>What people see of the uplink in <c>GET /api/v1/system</c>. Immutable snapshot.</summary>
internal sealed record UplinkStatus(
    bool Enabled, bool Enrolled, bool Connected, Instant? LastSentAt, Instant? LastHeartbeatAt, string? LastError, long BacklogEvents, long BacklogBatches, long MessagesSent);

/// <summary>
/// What the uplink's two loops share: the grant, watermarks on their way to the outbox, and the status. Thread-safe.
/// </summary>
internal sealed class UplinkState(Pending pending)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Heldar.Contracts.Events.EventClass, string), Watermark> _marks = [];
    private volatile SasGrant? _grant;
    private volatile bool _renew;
    private bool _heard;
    private long _oldestMs = long.MinValue;

    /// <summary>The present right to put, or null.</summary>
    public SasGrant? Grant => _grant;

    /// <summary>A put was refused: the session is to renew at once.</summary>
    public bool RenewWanted
    {
        get => _renew;
        set => _renew = value;
    }

    public bool Connected { get; set; }

    public Instant? LastSentAt { get; set; }

    public Instant? LastHeartbeatAt { get; set; }

    public string? LastError { get; set; }

    public long MessagesSent { get; set; }

    public OutboxBacklog Backlog { get; set; } = new(0, 0);

    /// <summary>Time of the oldest event of the backlog, at most a few seconds behind; null when nothing waits.</summary>
    public Instant? OldestWaiting
    {
        get => _oldestMs is var ms && ms == long.MinValue ? null : Instant.FromUnixTimeMilliseconds(ms);
        set => _oldestMs = value?.ToUnixTimeMilliseconds() ?? long.MinValue;
    }

    /// <summary>What people see now.</summary>
    public UplinkStatus Status(bool enabled, bool enrolled) =>
        new(enabled, enrolled, Connected, LastSentAt, LastHeartbeatAt, LastError, Backlog.Events, Backlog.Unsent, MessagesSent);

    public void Granted(SasGrant grant)
    {
        _grant = grant;
        _renew = false;
        Learn(grant.Watermarks);
    }

    /// <summary>Takes watermarks from the fleet; the newest per class and epoch counts.</summary>
    public void Learn(IReadOnlyList<Watermark> marks)
    {
        lock (_lock)
        {
            foreach (var mark in marks) _marks[(mark.Class, mark.Epoch)] = mark;
            _heard = true;
        }

        pending.Wake();
    }

    /// <summary>The watermarks since the last call; null when the fleet has said nothing since.</summary>
    public IReadOnlyList<Watermark>? TakeMarks()
    {
        lock (_lock)
        {
            if (!_heard) return null;
            var taken = _marks.Values.ToList();
            _marks.Clear();
            _heard = false;
            return taken;
        }
    }
}
