using System.Data;
using Heldar.Local.Processes;
using Npgsql;

namespace Heldar.Local.FleetSim;

/// <summary>
/// Shows that the judge finds faults, on the real index, before its word counts: takes one row away, puts one in twice, changes one, each in a transaction that is
/// rolled back. A footage hour of which nobody told anything stands for a sum that counts something twice.
/// </summary>
internal static class IndexJudgeProof
{
    private static readonly (string Name, string Sql, Func<IndexVerdict, int> Count)[] Faults =
    [
        ("loss", "delete from detection where event_id = @event", v => v.EventsLost),
        ("duplicate",
            """
            create table detection_proof partition of detection for values from ('9000-01-01') to ('9000-01-02');
            insert into detection (tenant, camera, day, event_id, box, at, task_type, frame_id, labels, detections)
            select tenant, camera, '9000-01-01', event_id, box, at, task_type, frame_id, labels, detections from detection where event_id = @event
            """,
            v => v.AppliedTwice),
        ("sum",
            """
            create table coverage_proof partition of coverage for values from ('9000-01-01') to ('9000-01-02');
            insert into coverage (tenant, camera, day, hour, wanted_ms, present_ms, missing_ms, causes, counted_at)
            select tenant, camera, '9000-01-01', '9000-01-01T00:00:00Z', 1, 1, 0, '{}', now() from detection where event_id = @event
            """,
            v => v.AppliedTwice),
        ("mismatch", "update detection set task_type = 'changed' where event_id = @event", v => v.IndexMismatches),
    ];

    /// <summary>Names of the faults that were put in and found.</summary>
    /// <exception cref="ProcessException">One was not found, or there is no row to harm.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(NpgsqlConnection database, string? storage, SimLedger ledger, CancellationToken cancellation)
    {
        SimLine victim = ledger.Sent.LastOrDefault(l => l is { Type: Contracts.Events.EventTypes.Detection, Outcome: SimOutcome.Applied })
            ?? throw new ProcessException("no detection was sent: the judge cannot be proven; run longer");
        List<string> found = [];
        foreach (var (name, sql, count) in Faults)
        {
            // One snapshot for both readings: the index goes on folding hours meanwhile.
            await using NpgsqlTransaction transaction = await database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
            IndexVerdict before = IndexJudge.Judge(ledger, await IndexFacts.ReadAsync(database, storage, ledger, cancellation));
            await using (var fault = new NpgsqlCommand(sql, database, transaction))
            {
                fault.Parameters.AddWithValue("event", victim.Event!);
                int rows = await fault.ExecuteNonQueryAsync(cancellation);
                if (rows != 1) throw new ProcessException($"the {name} that proves the judge changed {rows} rows instead of 1");
            }

            IndexVerdict after = IndexJudge.Judge(ledger, await IndexFacts.ReadAsync(database, storage, ledger, cancellation));
            await transaction.RollbackAsync(cancellation);
            if (count(after) != count(before) + 1) throw new ProcessException($"the judge counts {count(after)} after one injected {name}, and {count(before)} before it");
            found.Add(name);
        }

        return found;
    }
}
