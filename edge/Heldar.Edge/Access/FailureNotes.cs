using Heldar.Edge.Audit;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>
/// Writes down what was refused, at most 20 entries a minute: a flood of wrong passwords must not push everything else out of the audit log. What is left out is
/// counted and told by the next entry. Thread-safe.
/// </summary>
internal sealed class FailureNotes(IAuditLog audit, IClock clock)
{
    private const int PerMinute = 20;
    private readonly Lock _lock = new();
    private long _minute;
    private int _written;
    private long _left;

    /// <summary>Writes a refusal down, or counts it.</summary>
    public async Task AppendAsync(AuditActor actor, string action, string target, CancellationToken cancellation)
    {
        long left;
        lock (_lock)
        {
            var minute = clock.GetCurrentInstant().ToUnixTimeSeconds() / 60;
            if (minute != _minute) (_minute, _written) = (minute, 0);
            if (_written >= PerMinute)
            {
                _left++;
                return;
            }

            _written++;
            (left, _left) = (_left, 0);
        }

        await audit.AppendAsync(new AuditEntry(actor, action, target) { Detail = left == 0 ? null : new { leftOut = left } }, cancellation);
    }
}
