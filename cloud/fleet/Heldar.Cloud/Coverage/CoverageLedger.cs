using System.Text.Json;
using Dapper;
using Heldar.Cloud.Days;
using Heldar.Cloud.Index;
using Heldar.Contracts;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Coverage;

/// <summary>
/// Keeps for each camera and closed hour how much was wanted, is there, and is missing, and why. Whoever writes footage or gaps adds the hours to
/// <c>coverage_due</c> in the same transaction; a run takes rows off that list and counts their hours anew in one transaction, so a crash forgets nothing and
/// counting twice changes nothing. Besides, every closed hour of every enabled camera is counted once by itself, and hours that a silent box owes an explanation for
/// are counted again when it is heard. Thread-safe.
/// </summary>
public sealed class CoverageLedger(NpgsqlDataSource database, DayPartitions days, IClock clock)
{
    /// <summary>Longest stretch that one entry makes count: what is older than that is told by the spans alone.</summary>
    public static readonly Duration Reach = Duration.FromDays(31);

    /// <summary>Whoever counts holds it for one transaction: two counts of one hour must not overtake each other.</summary>
    private const long LockId = 0x48454C434F5645;

    private const int TakenAtOnce = 200;

    /// <summary>Most entries of one run; the next run goes on.</summary>
    private const int MaxTaken = 20_000;

    /// <summary>Counts what is due; returns the number of camera-hours.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var closed = PackedSpan.HourOf(clock.GetCurrentInstant() - SpanFold.Settle);
        await MarkAsync(closed, cancellation);
        var total = 0;
        for (var taken = 0; taken < MaxTaken; taken += TakenAtOnce)
        {
            if (await CountAsync(closed, cancellation) is not { } counted) break;
            total += counted;
        }

        return total;
    }

    /// <summary>Puts hours on the list that closed since the last run, of every enabled camera, and those that were silent and are explained now.</summary>
    private async Task MarkAsync(Instant closed, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var values = new { closed, first = closed - Duration.FromHours(1), earliest = closed - Reach };
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into coverage_clock (through) values (@first) on conflict do nothing;
            select through from coverage_clock for update;
            insert into coverage_due (tenant, camera, from_at, to_at)
            select c.tenant, c.camera, greatest(b.through, @earliest), @closed from camera c cross join coverage_clock b where c.enabled and b.through < @closed;
            update coverage_clock set through = @closed where through < @closed;
            insert into coverage_due (tenant, camera, from_at, to_at)
            select c.tenant, c.camera, min(c.hour), max(c.hour) + interval '1 hour' from coverage c
            join camera_progress p on p.tenant = c.tenant and p.camera = c.camera
            where c.causes ? 'not_reported' and c.hour >= @earliest and c.hour + interval '1 hour' <= p.reported_at
            group by c.tenant, c.camera
            """,
            values,
            transaction,
            cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Takes entries off the list and counts their closed hours; null when there are none.</summary>
    private async Task<int?> CountAsync(Instant closed, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(Command("select pg_advisory_xact_lock(@LockId)", new { LockId }));
        // Removing is reading: statements from here on see what was committed with the entries that were taken.
        var due = (await connection.QueryAsync<Due>(Command(
            "delete from coverage_due where id in (select id from coverage_due order by id limit @TakenAtOnce for update skip locked) returning tenant, camera, from_at, to_at", new { TakenAtOnce }))).ToList();
        if (due.Count == 0) return null;
        var now = clock.GetCurrentInstant();
        var work = due.GroupBy(d => (d.Tenant, d.Camera), d => d.Hours(closed).Where(h => !DayTable.Coverage.IsPast(h, now)))
            .Select(g => (g.Key.Tenant, g.Key.Camera, Hours: g.SelectMany(h => h).ToHashSet())).Where(g => g.Hours.Count > 0).OrderBy(g => g.Camera).ToList();
        // On its own connection, and so before this transaction touches the ledger: dropping an old day waits for whoever does.
        await days.EnsureAsync(DayTable.Coverage, work.SelectMany(w => w.Hours).Select(DayTable.DayOf), cancellation);
        foreach (var (tenant, camera, hours) in work)
        {
            var known = await CameraHours.ReadAsync(connection, Command, tenant, camera, hours.Min(), hours.Max() + Duration.FromHours(1));
            await WriteAsync(connection, Command, tenant, camera, [.. hours.Order().Select(h => (h, known.Count(h)))]);
        }

        await transaction.CommitAsync(cancellation);
        return work.Sum(w => w.Hours.Count);

        CommandDefinition Command(string sql, object values) => new(sql, values, transaction, cancellationToken: cancellation);
    }

    private static Task<int> WriteAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, string tenant, Guid camera, IReadOnlyList<(Instant Hour, CoverageHour Count)> counts) =>
        connection.ExecuteAsync(command(
            """
            insert into coverage (tenant, camera, day, hour, wanted_ms, present_ms, missing_ms, causes, counted_at)
            select @tenant, @camera, r.day, r.hour, r.present + r.missing, r.present, r.missing, r.causes::jsonb, clock_timestamp()
            from unnest(@days, @hours, @present, @missing, @causes) as r (day, hour, present, missing, causes)
            on conflict (tenant, camera, day, hour) do update
            set wanted_ms = excluded.wanted_ms, present_ms = excluded.present_ms, missing_ms = excluded.missing_ms, causes = excluded.causes, counted_at = excluded.counted_at
            """,
            new
            {
                tenant,
                camera,
                days = counts.Select(c => DayTable.DayOf(c.Hour).ToDateOnly()).ToArray(),
                hours = counts.Select(c => c.Hour.ToDateTimeUtc()).ToArray(),
                present = counts.Select(c => c.Count.PresentMs).ToArray(),
                missing = counts.Select(c => c.Count.MissingMs).ToArray(),
                causes = counts.Select(c => JsonSerializer.Serialize(c.Count.Causes, HeldarJson.Options)).ToArray(),
            }));

    private sealed record Due
    {
        public string Tenant { get; init; } = "";

        public Guid Camera { get; init; }

        public Instant FromAt { get; init; }

        public Instant ToAt { get; init; }

        /// <summary>Its closed hours, at most those of <see cref="Reach"/>, the newest.</summary>
        public IEnumerable<Instant> Hours(Instant closed)
        {
            var end = Instant.Min(ToAt, closed);
            for (var hour = Instant.Max(PackedSpan.HourOf(FromAt), PackedSpan.HourOf(end - Reach)); hour < end; hour += Duration.FromHours(1)) yield return hour;
        }
    }
}
