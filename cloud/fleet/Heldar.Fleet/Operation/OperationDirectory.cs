using Dapper;
using Heldar.Cloud.Migrations;
using Heldar.Cloud.Versions;
using Heldar.Contracts;
using Heldar.Contracts.Timers;
using Heldar.Fleet.Boxes;
using Heldar.Fleet.DeadLetters;
using Heldar.Fleet.Settings;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Operation;

/// <summary>Puts together how the pipeline is: one round trip to the database, one for the index's versions, and a look at the queues that is kept. Thread-safe.</summary>
internal sealed class OperationDirectory(NpgsqlDataSource database, QueueWatch queues, IndexVersions versions, FleetOptions options, IClock clock)
{
    /// <summary>Most letters of a state and tenant that are counted.</summary>
    public const int MostLetters = 10_000;

    private const string TenantSql =
        $"""
        select count(*) as total, count(*) filter (where not {BoxLags.Online}) as silent, count(*) filter (where b.outbox_oldest_at < @limit) as behind from box b where b.tenant = @tenant and b.removed_at is null;

        select count(*) from (select 1 from segment_conflict where tenant = @tenant and detected_at > @conflicts limit @most) c;
        select name from webhook_endpoint where tenant = @tenant and status = 'disabled' and disabled_reason not like 'by %' order by disabled_at desc, endpoint limit 100;

        select d.queue, d.status, count(*) as letters, min(d.at) as oldest_at
        from unnest(@tenants) t cross join unnest(array['open', 'redriven']) s
        cross join lateral (select queue, status, at from dead_letter where tenant = t and status = s order by at, letter limit @most + 1) d group by d.queue, d.status
        """;

    private const string PipelineSql =
        """
        ;
        select shard, count(*) as boxes from box where removed_at is null group by shard;
        select shard, count(*) as instances, min(since) as since, max(cause) as cause from breaker where seen_at > clock_timestamp() - interval '1 minute' group by shard;
        select timer, nullif(last_run, 'epoch') as last_run, case when lease_until > clock_timestamp() then lease_until end as lease_until from timer_run;
        select max(version) from schema_version;
        select through as at from coverage_clock;
        select at, waiting, changed, failing, behind_since from fold_state
        """;

    public async Task<OperationView> ReadAsync(string tenant, CancellationToken cancellation)
    {
        // Queues, timers and versions hold no tenant's data, but tell of all tenants' together.
        var isOperator = tenant == Names.DefaultTenant;
        var look = isOperator ? await queues.LookAsync(cancellation) : null;
        var now = clock.GetCurrentInstant();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var answer = await connection.QueryMultipleAsync(new CommandDefinition(
            TenantSql + (isOperator ? PipelineSql : ""),
            new { tenant, tenants = LetterDirectory.Tenants(tenant), recent = (now - BoxDirectory.Recent).ToDateTimeUtc(), limit = (now - HealthRules.LagLimit).ToDateTimeUtc(), most = MostLetters, conflicts = (now - Duration.FromDays(HealthRules.ConflictDays)).ToDateTimeUtc() },
            cancellationToken: cancellation));
        var boxes = await answer.ReadSingleAsync<BoxNumbers>();
        var conflicts = await answer.ReadSingleAsync<long>();
        var disabled = (await answer.ReadAsync<string>()).AsList();
        var letters = Letters((await answer.ReadAsync<LetterRow>()).AsList());
        var pipeline = look is null ? null : await PipelineAsync(answer, look, now);
        if (pipeline is not null) pipeline = pipeline with { Index = Index(await versions.ListAsync(cancellation)) };
        var view = new OperationView(now, true, [], boxes, letters) { Pipeline = pipeline, Conflicts = conflicts, DisabledWebhooks = disabled };
        var causes = HealthRules.Causes(view);
        return view with { Healthy = causes.Count == 0, Causes = causes };
    }

    private async Task<PipelineView> PipelineAsync(SqlMapper.GridReader answer, QueueLook look, Instant now)
    {
        var boxes = (await answer.ReadAsync<ShardRow>()).ToDictionary(s => s.Shard, s => s.Boxes, StringComparer.Ordinal);
        var breakers = (await answer.ReadAsync<BreakerRow>()).ToDictionary(b => b.Shard, b => new BreakerView(b.Instances, b.Since, b.Cause), StringComparer.Ordinal);
        var timers = (await answer.ReadAsync<TimerRow>()).ToDictionary(t => t.Timer, StringComparer.Ordinal);
        var schema = await answer.ReadSingleAsync<int?>() ?? 0;
        var through = await answer.ReadSingleOrDefaultAsync<TimeRow>();
        var fold = await answer.ReadSingleOrDefaultAsync<FoldRow>();
        return new(
            look.At,
            [.. look.Shards.Select(s => new ShardView(s.Shard, options.Shards.Contains(s.Shard), boxes.GetValueOrDefault(s.Shard), s.Queues) { Breaker = breakers.GetValueOrDefault(s.Shard) })],
            look.LeftOut,
            [.. TimerTable.In(options.Shards).Select(t => HealthRules.Timer(t, timers.GetValueOrDefault(t.Name)?.LastRun, timers.GetValueOrDefault(t.Name)?.LeaseUntil, now))],
            new IndexView(0),
            new SchemaView(schema, SchemaVersion.Mine))
        {
            StorageFault = look.Fault,
            CoverageThrough = through?.At,
            Fold = fold is null ? null : new(fold.At, fold.Waiting, fold.Changed, fold.Failing) { BehindSince = fold.BehindSince },
        };
    }

    private static LetterNumbers Letters(List<LetterRow> rows)
    {
        var open = rows.Where(r => r.Status == "open").ToList();
        var (count, redriven) = (open.Sum(r => r.Letters), rows.Where(r => r.Status != "open").Sum(r => r.Letters));
        return new(
            Math.Min(count, MostLetters),
            Math.Min(redriven, MostLetters),
            count > MostLetters || redriven > MostLetters,
            [.. open.GroupBy(r => r.Queue, StringComparer.Ordinal).Select(g => new QueueLetters(g.Key, g.Sum(r => r.Letters))).OrderBy(q => q.Queue, StringComparer.Ordinal)],
            open.Min(r => (Instant?)r.OldestAt));
    }

    private static IndexView Index(IReadOnlyList<IndexVersion> all)
    {
        var building = all.FirstOrDefault(v => v.State == "building");
        return new(all.FirstOrDefault(v => v.State == "current")?.Version ?? 0) { Building = building?.Version, Written = building?.Hours, Due = building?.Due, Listed = building?.Listed, Differences = building?.Differences };
    }

    private sealed record LetterRow
    {
        public string Queue { get; init; } = "";

        public string Status { get; init; } = "";

        public long Letters { get; init; }

        public Instant OldestAt { get; init; }
    }

    private sealed record ShardRow
    {
        public string Shard { get; init; } = "";

        public long Boxes { get; init; }
    }

    private sealed record BreakerRow
    {
        public string Shard { get; init; } = "";

        public long Instances { get; init; }

        public Instant Since { get; init; }

        public string Cause { get; init; } = "";
    }

    private sealed record TimerRow
    {
        public string Timer { get; init; } = "";

        public Instant? LastRun { get; init; }

        public Instant? LeaseUntil { get; init; }
    }

    private sealed record FoldRow
    {
        public Instant At { get; init; }

        public long Waiting { get; init; }

        public long Changed { get; init; }

        public long Failing { get; init; }

        public Instant? BehindSince { get; init; }
    }

    private sealed record TimeRow
    {
        public Instant At { get; init; }
    }
}
