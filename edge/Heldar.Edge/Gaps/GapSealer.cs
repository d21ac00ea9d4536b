using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>
/// Brings gaps and wishes into the seal log. What a volume refuses, such as a full one, is sealed again every ten seconds until a log has it; over restarts the table
/// <c>seal_due</c> remembers it. Owned by the ledger's loop; waits neither for a disk nor for the database.
/// </summary>
internal sealed class GapSealer(VolumeWriters volumes, IStoreReader reader)
{
    /// <summary>How often what was refused is tried again.</summary>
    public static readonly Duration Every = Duration.FromSeconds(10);

    /// <summary>Refused ones, and ones under way, that are kept in memory; more stay in the table alone until these are sealed.</summary>
    private const int Most = 1000;
    private readonly List<(GapSeal Seal, Task Task)> _running = [];
    private readonly Dictionary<(long, Guid, long), GapSeal> _refused = [];
    private Task? _reading;
    private IReadOnlyList<GapSeal> _due = [];
    private bool _unread = true;
    private Instant _nextAt = Instant.MinValue;

    /// <summary>What no log has taken so far.</summary>
    public int Refused => _refused.Count;

    /// <summary>Why the newest one was refused.</summary>
    public string? Cause { get; private set; }

    /// <summary>Seals it behind the caller's back.</summary>
    public void Seal(GapSeal seal)
    {
        if (_refused.ContainsKey(seal.Key)) _refused[seal.Key] = seal;
        if (_running.Count >= Most)
        {
            // A volume that hangs answers none of them: the table has this one as well.
            _unread = true;
            return;
        }

        _running.Add((seal, SealAsync(seal)));
    }

    /// <summary>Answers what has come into a log since the last step, and tries again what was refused.</summary>
    public IReadOnlyList<GapSeal> Step(Instant now)
    {
        var done = Take();
        if (_reading is { IsCompleted: true } read)
        {
            _reading = null;
            // A database that does not answer is asked again.
            if (read.IsCompletedSuccessfully) TakeRead(_due, done);
            else _ = read.Exception;
        }

        if (_running.Count > 0 || (now < _nextAt && now > _nextAt - Every)) return done;
        _nextAt = now + Every;
        foreach (var seal in _refused.Values.ToList()) Seal(seal);
        if (_unread && _running.Count == 0 && _reading is null) _reading = Task.Run(ReadAsync);
        return done;
    }

    private List<GapSeal> Take()
    {
        List<GapSeal> done = [];
        foreach (var (seal, task) in _running.Where(r => r.Task.IsCompleted))
        {
            var known = _refused.GetValueOrDefault(seal.Key);
            if (task.IsCompletedSuccessfully)
            {
                done.Add(seal);
                if (known is not null && IsNewest(seal, known)) _refused.Remove(seal.Key);
                continue;
            }

            Cause = task.Exception?.GetBaseException().Message;
            if (known is null && _refused.Count >= Most) _unread = true;
            else if (known is null || IsNewest(seal, known)) _refused[seal.Key] = seal;
        }

        _running.RemoveAll(r => r.Task.IsCompleted);
        return done;
    }

    private void TakeRead(IReadOnlyList<GapSeal> due, List<GapSeal> done)
    {
        _unread = due.Count == Most;
        foreach (var seal in due)
        {
            if (seal.Record is null) done.Add(seal);
            else if (!_refused.ContainsKey(seal.Key) && !_running.Any(r => r.Seal.Key == seal.Key)) Seal(seal);
        }
    }

    /// <summary>A gap's highest revision stands; a wish that has ended stays so.</summary>
    private static bool IsNewest(GapSeal seal, GapSeal known) => (seal.State ?? long.MinValue) >= (known.State ?? long.MinValue);

    private async Task ReadAsync() => _due = await reader.ReadAsync(db => SealDueRows.Read(db, Most));

    private async Task SealAsync(GapSeal seal)
    {
        if (volumes.Pick() is not { } writer) throw new IOException("there is no volume");
        await writer.SealAsync(seal.Record!, CancellationToken.None);
    }
}
