using System.Diagnostics;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using NodaTime;
using Npgsql;

namespace Heldar.Benchmarks.Search;

/// <summary>
/// A database with a year of an index, made once and kept in the machine's folder for throw-away files: span headers of every camera-hour, full lists of the first
/// site's cameras, an hour of landing of all, and detections of the last 30 days. Boxes have deleted by age all along, whatever is older than this year: merged deletions of each
/// day of the year before, minute by minute those of its last three days and of this year's first hour; and in each quarter an hour that no fold has looked at since its deletions.
/// Besides, there are gaps and holds. All that was deleted was folded, so that it costs what it costs and hides nothing.
/// </summary>
internal sealed class FilledIndex(SearchPlan plan, Action<string> say) : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "heldar-bench-search-" + plan.Key);
    private readonly int _port = Ports.Free();
    private PostgresServer? _server;
    private FileLock? _one;

    /// <summary>Seconds that making it took; null when it was there.</summary>
    public double? BuildSeconds { get; private set; }

    public NpgsqlDataSource Database { get; private set; } = null!;

    private string Marker => Path.Combine(_folder, "complete");

    public async Task OpenAsync(CancellationToken cancellation)
    {
        _one = await FileLock.TakeAsync(_folder + ".lock", cancellation);
        var complete = File.Exists(Marker);
        if (!complete && Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);
        File.SetUnixFileMode(_folder, (UnixFileMode)Convert.ToInt32("755", 8));
        await StartAsync(cancellation);
        if (complete) return;
        var start = Stopwatch.GetTimestamp();
        await FillAsync(cancellation);
        BuildSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await File.WriteAllTextAsync(Marker, plan.Key, cancellation);
    }

    /// <summary>Starts the server anew with nothing in its own memory and, where it may, nothing in the system's.</summary>
    public async Task CoolAsync(CancellationToken cancellation)
    {
        await StopAsync();
        try
        {
            (await Tool.RunAsync("sync", [], cancellation)).OutputOrThrow("sync");
            await File.WriteAllTextAsync("/proc/sys/vm/drop_caches", "1", cancellation);
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            say("search: the system's cache cannot be dropped here: cold is a server that was just started");
        }

        await StartAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _one?.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        _server = new PostgresServer(new PostgresOptions(Path.Combine(_folder, "data"), _port, Path.Combine(_folder, "postgres.log")) { Durable = false });
        await _server.StartAsync(cancellation);
        await _server.CreateDatabaseAsync("bench", cancellation);
        Database = DatabaseServiceCollectionExtensions.Create(new NpgsqlConnectionStringBuilder(_server.ConnectionString("bench")) { CommandTimeout = 900 }.ConnectionString);
    }

    private async Task StopAsync()
    {
        if (_server is null) return;
        await Database.DisposeAsync();
        await _server.DisposeAsync();
        _server = null;
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        await Migrator.MigrateAsync(Database, cancellation);
        await CamerasAsync(cancellation);
        var begin = SearchPlan.End - Duration.FromDays(plan.Days);
        await IndexPartitions.EnsureAsync(Database, SearchPlan.End, cancellation);
        await IndexPartitions.EnsureMonthsAsync(Database, Enumerable.Range(0, plan.Days + 1).Select(d => begin + Duration.FromDays(d)), cancellation);
        var detected = Math.Min(30, plan.Days);
        await new DayPartitions(Database).EnsureAsync(DayTable.Detection, Enumerable.Range(0, detected + 1).Select(d => DayTable.DayOf(SearchPlan.End - Duration.FromDays(d))), cancellation);

        // Keys and indexes come last: filling sorted tables first and sorting once is several times faster.
        await RunAsync("keys off", "alter table span drop constraint span_pkey; drop index span_hour; alter table span_list drop constraint span_list_pkey; alter table detection drop constraint detection_pkey; drop index detection_time; drop index detection_at; drop index detection_labels; alter table tombstone drop constraint tombstone_pkey; drop index tombstone_reach; drop index tombstone_landed", cancellation);
        await RunAsync(
            "span headers",
            """
            insert into span
            select 'main', c.camera, h, c.box, 120, 120 * 1500000::bigint, h, h + interval '1 hour', x.root,
                'main/' || c.camera || '/' || to_char(h at time zone 'UTC', 'YYYYMMDD"T"HH24') || '/' || c.box || '-' || encode(x.root, 'hex') || '.json', h + interval '1 hour 6 minutes'
            from camera c cross join generate_series(@begin, @end - interval '1 hour', interval '1 hour') h
            cross join lateral (select sha256(uuid_send(c.camera) || int8send(extract(epoch from h)::bigint)) as root) x
            """,
            cancellation,
            ("begin", begin.ToDateTimeUtc()),
            ("end", SearchPlan.End.ToDateTimeUtc()));
        await RunAsync(
            "full lists",
            "insert into span_list (tenant, camera, hour, box, packed) select s.tenant, s.camera, s.hour, s.box, @packed from span s where s.camera = any(@cameras)",
            cancellation,
            ("packed", PackedSpan.Encode(Enumerable.Range(0, 120).Select(i => new PackedSegment(i * 30_000, i % 40 == 39 ? 25_000 : 30_000, 1465)))),
            ("cameras", Enumerable.Range(0, SearchPlan.CamerasOfASite).Select(SearchPlan.Camera).ToArray()));
        await RunAsync(
            "landing",
            """
            insert into segment_landing (tenant, camera, segment, landed_on, revision, box, run, start_at, end_at, bytes, codec, width, height, frames, sha256, root, hash_origin, reason)
            select 'main', c.camera, gen_random_uuid(), (@end at time zone 'UTC')::date, 1, c.box, c.box, @end + n * interval '30 seconds', @end + (n + 1) * interval '30 seconds', 1500000, 'avc1.640028', 1920, 1080, 750,
                sha256('x'), sha256('y'), 0, 'closed'
            from camera c cross join generate_series(0, 119) n
            """,
            cancellation,
            ("end", SearchPlan.End.ToDateTimeUtc()));
        await RunAsync(
            "detections",
            """
            insert into detection (tenant, camera, day, event_id, box, at, task_type, labels, detections)
            select 'main', camera, (at at time zone 'UTC')::date, md5(n::text), box, at, 'objects', array[label], jsonb_build_array(jsonb_build_object('label', label, 'confidence', 0.5 + (n % 50) / 100.0, 'bbox', '[0.1, 0.2, 0.3, 0.4]'::jsonb))
            from (
                select n, c.camera, c.box, @end - (n::double precision / @count) * @days * interval '1 day' - interval '1 millisecond' as at,
                    case when n % 10000 = 0 then 'bear' when n % 50 = 0 then 'dog' when n % 12 = 0 then 'truck' when n % 3 = 0 then 'car' else 'person' end as label
                from generate_series(0, @count - 1) n join camera c on c.slug = 'cam' || (hashint4(n) & 2147483647) % @cameras) d
            """,
            cancellation,
            ("end", SearchPlan.End.ToDateTimeUtc()),
            ("count", plan.Detections),
            ("days", detected),
            ("cameras", plan.Cameras));
        await DeletionsAsync(begin, cancellation);
        await RunAsync("key of spans", "alter table span add constraint span_pkey primary key (tenant, camera, hour, box); create index span_hour on span (tenant, hour, camera); alter table span_list add constraint span_list_pkey primary key (tenant, camera, hour, box)", cancellation);
        await RunAsync("key of detections", "alter table detection add constraint detection_pkey primary key (tenant, camera, day, event_id); create index detection_time on detection (tenant, camera, at); create index detection_at on detection (tenant, at); create index detection_labels on detection using gin (labels)", cancellation);
        await RunAsync("key of deletions", "alter table tombstone add constraint tombstone_pkey primary key (tenant, camera, event_id, from_at); create index tombstone_reach on tombstone (tenant, camera, reach, from_at); create index tombstone_landed on tombstone (landed_at) where not settled", cancellation);
        await RunAsync("statistics", "vacuum analyze", cancellation);
    }

    private async Task DeletionsAsync(Instant begin, CancellationToken cancellation)
    {
        (string, object)[] range = [("begin", begin.ToDateTimeUtc()), ("end", SearchPlan.End.ToDateTimeUtc())];
        await RunAsync(
            "deletions",
            """
            insert into fold_due (tenant, camera, hour, box, since, due_at)
            select 'main', c.camera, h, c.box, h, h from camera c cross join generate_series(@begin + interval '12 hours', @end - interval '1 day', interval '91 days') h;
            insert into tombstone (tenant, camera, from_at, to_at, event_id, older_than, reason, segments, bytes, landed_at, settled)
            select 'main', c.camera, d.at, d.at + d.long, 'd' || extract(epoch from d.at)::bigint || d.long, '00000000-0000-7000-8000-000000000000', 'age', 2, 3000000, d.at - interval '1 day', d.settled
            from camera c cross join (
                select at, interval '23 hours 59 minutes 30 seconds' as long, true as settled from generate_series(@begin - interval '365 days', @begin - interval '1 day', interval '1 day') at
                union all select at, interval '30.001 seconds', false from generate_series(@begin - interval '3 days', @begin + interval '1 hour', interval '1 minute') at
                union all select f.hour + n * interval '1 minute', interval '30.001 seconds', true from (select distinct hour from fold_due) f cross join generate_series(0, 59) n) d
            """,
            cancellation,
            range);
        await RunAsync(
            "gaps and holds",
            """
            insert into gap (tenant, camera, gap, revision, box, start_at, end_at, cause)
            select 'main', c.camera, gen_random_uuid(), 2, c.box, at, at + interval '5 seconds', 'network' from camera c cross join generate_series(@begin + interval '20 minutes 25 seconds', @end, interval '3 days') at;
            insert into hold (tenant, camera, hold, box, from_at, to_at, reason, owner, placed_at)
            select 'main', c.camera, gen_random_uuid(), c.box, at, at + interval '2 hours', 'theft', 'anna', at + interval '3 hours' from camera c cross join generate_series(@begin + interval '9 days', @end, interval '60 days') at
            """,
            cancellation,
            range);
    }

    private async Task CamerasAsync(CancellationToken cancellation)
    {
        foreach (var site in Enumerable.Range(0, plan.Cameras).GroupBy(SearchPlan.Site))
        {
            await RunAsync(
                null,
                """
                insert into site (tenant, site, name, time_zone) values ('main', @site, @site, 'Europe/Berlin');
                insert into box (tenant, box, site, name, version, shard) values ('main', @box, @site, @site, '0', '0');
                insert into camera (tenant, camera, box, site, slug, name, enabled) select 'main', c.camera, @box, @site, c.slug, c.slug, true from unnest(@cameras, @slugs) as c (camera, slug)
                """,
                cancellation,
                ("site", site.Key),
                ("box", SearchPlan.Box(site.First())),
                ("cameras", site.Select(SearchPlan.Camera).ToArray()),
                ("slugs", site.Select(c => $"cam{c}").ToArray()));
        }
    }

    private async Task RunAsync(string? what, string sql, CancellationToken cancellation, params (string Name, object Value)[] values)
    {
        var start = Stopwatch.GetTimestamp();
        await using var connection = await Database.OpenConnectionAsync(cancellation);
        await using (var memory = new NpgsqlCommand("set maintenance_work_mem = '512MB'; set work_mem = '128MB'; set max_parallel_maintenance_workers = 2", connection)) await memory.ExecuteNonQueryAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 900 };
        foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync(cancellation);
        if (what is not null) say($"search: {what} {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }
}
