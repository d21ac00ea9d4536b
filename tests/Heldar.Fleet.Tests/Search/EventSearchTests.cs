using Heldar.Cloud.Batches;
using Heldar.Cloud.Days;
using Heldar.Cloud.Detections;
using Heldar.Cloud.Gaps;
using Heldar.Cloud.Snapshots;
using Heldar.Cloud.Zones;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Tests.Search;

/// <summary>Detections, zone events, stills, gaps and coverage over HTTP.</summary>
public sealed class EventSearchTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private const string Range = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";

    private static readonly Instant Base = Instant.FromUtc(2026, 11, 21, 4, 0);
    private static readonly string[] Paths = ["detections", "zone-events", "snapshots", "gaps", "coverage"];

    [Fact]
    public async Task Detections_AreFiltered_AndPagedToTheEnd()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var (cookie, camera, other) = await SceneAsync(fleet);

        var all = await PagesAsync<DetectionsPage, DetectionItem>(fleet, cookie, "detections", "limit=3", p => (p.Items, p.Cursor));
        Assert.Equal(["d9", "d8", "d7", "d6", "d5", "d4", "d3", "d2", "d1", "d0"], all.Select(d => d.Event));
        Assert.Equal(("depot", camera, "cam00", Base), (all[^1].Site, all[^1].Camera, all[^1].CameraName, all[^1].At));
        Assert.Equal([new Detection("person", 0.5), new Detection("car", 0.9)], all[^1].Detections);

        Assert.Equal(["d9", "d7", "d5", "d3", "d1"], await EventsAsync($"cameras={other:D}"));
        Assert.Equal(["d9", "d7", "d5", "d3", "d1"], await EventsAsync("sites=yard"));
        Assert.Equal(["d8", "d6", "d4", "d2", "d0"], await EventsAsync("labels=person"));
        Assert.Equal(["d8", "d6", "d4", "d2", "d0"], await EventsAsync("labels=person,bear&confidence=0.5"));
        Assert.Empty(await EventsAsync("labels=person&confidence=0.51"));
        Assert.Equal(10, (await EventsAsync("confidence=0.9")).Count());
        Assert.Equal(["d9"], await EventsAsync("tasks=faces&cameras=" + other.ToString("D")));
        Assert.Empty(await EventsAsync($"sites=yard&cameras={camera:D}"));
        Assert.Equal(["d1", "d0"], (await PagesAsync<DetectionsPage, DetectionItem>(fleet, cookie, "detections", "to=2026-11-21T04:02:00Z", p => (p.Items, p.Cursor), "from=2026-11-21T04:00:00Z")).Select(d => d.Event));

        async Task<IEnumerable<string>> EventsAsync(string filter) => (await PagesAsync<DetectionsPage, DetectionItem>(fleet, cookie, "detections", filter, p => (p.Items, p.Cursor))).Select(d => d.Event);
    }

    [Fact]
    public async Task ZoneEvents_AreFiltered_ByZoneKindLabelAndSeverity()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var (cookie, _, _) = await SceneAsync(fleet);

        Assert.Equal(["z3", "z2", "z1", "z0"], await EventsAsync("limit=1"));
        Assert.Equal(["z2", "z0"], await EventsAsync("zones=door"));
        Assert.Equal(["z3"], await EventsAsync("events=dwell"));
        Assert.Equal(["z3"], await EventsAsync("severities=critical,warning"));
        Assert.Equal(["z3", "z1"], await EventsAsync("labels=car"));
        var dwell = Assert.Single(await PagesAsync<ZoneEventsPage, ZoneEventItem>(fleet, cookie, "zone-events", "events=dwell", p => (p.Items, p.Cursor)));
        Assert.Equal((1500L, "Drive", "t3", "critical"), (dwell.DwellMs, dwell.Name, dwell.TrackId, dwell.Severity));

        async Task<IEnumerable<string>> EventsAsync(string filter) => (await PagesAsync<ZoneEventsPage, ZoneEventItem>(fleet, cookie, "zone-events", filter, p => (p.Items, p.Cursor))).Select(d => d.Event);
    }

    [Fact]
    public async Task Stills_AndGaps_AreFiltered_AndPaged()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var (cookie, camera, _) = await SceneAsync(fleet);

        var stills = await PagesAsync<SnapshotsPage, SnapshotItem>(fleet, cookie, "snapshots", "limit=2", p => (p.Items, p.Cursor));
        Assert.Equal([4, 3, 2, 1, 0], stills.Select(s => s.Bytes - 1000));
        Assert.Equal([3, 1], (await PagesAsync<SnapshotsPage, SnapshotItem>(fleet, cookie, "snapshots", "reasons=event", p => (p.Items, p.Cursor))).Select(s => s.Bytes - 1000));
        Assert.Equal(new string('a', 64), stills[0].Sha256);
        var gaps = await PagesAsync<GapsPage, GapItem>(fleet, cookie, "gaps", "limit=1", p => (p.Items, p.Cursor));
        // The one that was refilled is none any more.
        Assert.Equal([("disk_full", (Instant?)null), ("stalled", Base + Duration.FromMinutes(1))], gaps.Select(g => (g.Cause, g.End)));
        Assert.Equal(camera, Assert.Single(await PagesAsync<GapsPage, GapItem>(fleet, cookie, "gaps", "causes=stalled", p => (p.Items, p.Cursor))).Camera);
    }

    [Fact]
    public async Task Coverage_IsToldByHoursAndDays()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var (cookie, camera, _) = await SceneAsync(fleet);
        await new DayPartitions(fleet.Get<NpgsqlDataSource>()).EnsureAsync(DayTable.Coverage, [DayTable.DayOf(Base)], CancellationToken.None);
        await fleet.ExecuteAsync(
            """
            insert into coverage (tenant, camera, day, hour, wanted_ms, present_ms, missing_ms, causes, counted_at)
            select 'main', @camera, '2026-11-21', timestamptz '2026-11-21 04:00Z' + n * interval '1 hour', 3600000, 3000000, 600000, '{"stalled": 400000, "deleted": 200000}', now() from generate_series(0, 4) n
            """,
            new { camera });

        var hours = await PagesAsync<CoveragePage, CoverageItem>(fleet, cookie, "coverage", "limit=2", p => (p.Items, p.Cursor));
        var day = Assert.Single(await PagesAsync<CoveragePage, CoverageItem>(fleet, cookie, "coverage", "step=day", p => (p.Items, p.Cursor)));

        Assert.Equal(Enumerable.Range(0, 5).Select(h => Base + Duration.FromHours(h)), hours.Select(h => h.From));
        Assert.Equal((5 * 3_600_000L, 5 * 3_000_000L, 5 * 600_000L), (day.WantedMs, day.PresentMs, day.MissingMs));
        Assert.Equal((2_000_000L, 1_000_000L), (day.Causes["stalled"], day.Causes["deleted"]));
    }

    [Fact]
    public async Task Tenants_SeeNothing_OfEachOther()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var (_, camera, _) = await SceneAsync(fleet);
        string stranger = await fleet.SignInElsewhereAsync("rival");

        foreach (string path in Paths)
        {
            string text = await (await fleet.GetAsync(stranger, $"/api/v1/{path}?{Range}&cameras={camera:D}")).Content.ReadAsStringAsync();
            Assert.Equal("""{"items":[]}""", text);
        }
    }

    [Theory]
    [InlineData("from=2026-11-21T00:00:00Z", "to must be a time")]
    [InlineData("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00.001Z", "31 days")]
    [InlineData(Range + "&limit=1001", "limit")]
    [InlineData(Range + "&cursor=AAAA", "cursor")]
    [InlineData(Range + "&cursor=%00", "cursor")]
    [InlineData(Range + "&sites=Depot_1", "sites")]
    public async Task Queries_AreRefused_WhenTheyMakeNoSense(string query, string names)
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        string cookie = await fleet.SignInAsync();

        foreach (string path in Paths)
        {
            var refused = await fleet.GetAsync(cookie, $"/api/v1/{path}?{query}").RefusedAsync(400, ErrorCodes.BadRequest);
            Assert.Contains(names, refused.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("detections", "confidence=1.1", "confidence")]
    [InlineData("detections", "confidence=NaN", "confidence")]
    [InlineData("detections", "labels=%07", "labels")]
    [InlineData("coverage", "step=week", "step")]
    public async Task Filters_AreRefused_WhenTheyMakeNoSense(string path, string filter, string names)
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);

        var refused = await fleet.GetAsync(await fleet.SignInAsync(), $"/api/v1/{path}?{Range}&{filter}").RefusedAsync(400, ErrorCodes.BadRequest);

        Assert.Contains(names, refused.Error, StringComparison.Ordinal);
    }

    /// <summary>Two sites with a camera each, and a little of everything.</summary>
    private static async Task<(string Cookie, Guid Camera, Guid Other)> SceneAsync(FleetHost fleet)
    {
        string cookie = await fleet.SignInAsync();
        using var depot = await FakeBox.EnrolledAsync(fleet);
        using var yard = await FakeBox.EnrolledAsync(fleet, "yard");
        var (camera, other) = (await depot.AddCameraAsync("cam00"), await yard.AddCameraAsync("cam00"));
        var database = fleet.Get<NpgsqlDataSource>();
        await new DayPartitions(database).EnsureAheadAsync(Base, CancellationToken.None);
        await using var batch = database.CreateBatch();
        foreach (var (box, which, first) in new[] { (new BoxRecord("main", depot.Id, "depot"), camera, 0), (new BoxRecord("main", yard.Id, "yard"), other, 1) })
        {
            Detection[] seen = first == 0 ? [new("person", 0.5), new("car", 0.9)] : [new("car", 0.95)];
            DetectionStore.Append(batch, box, [.. Enumerable.Range(0, 5).Select(i => (i * 2) + first).Select(i => new DetectionRow(
                $"d{i}", new DetectionData { Camera = which, TaskType = i == 9 ? "faces" : "objects", Timestamp = Base + Duration.FromMinutes(i), Detections = seen }))]);
        }

        var here = new BoxRecord("main", depot.Id, "depot");
        ZoneStore.Append(batch, here, [.. Enumerable.Range(0, 4).Select(i => new ZoneRow($"z{i}", new ZoneData
        {
            Camera = camera,
            Zone = i % 2 == 0 ? "door" : "drive",
            Name = i % 2 == 0 ? "Door" : "Drive",
            Event = i == 3 ? ZoneEvent.Dwell : ZoneEvent.Enter,
            Timestamp = Base + Duration.FromMinutes(i),
            TrackId = $"t{i}",
            Label = i % 2 == 0 ? "person" : "car",
            Confidence = 0.8,
            Severity = i == 3 ? Severity.Critical : Severity.Info,
            DwellMs = i == 3 ? 1500 : null,
        }))]);
        SnapshotStore.Append(batch, here, [.. Enumerable.Range(0, 5).Select(i => new SnapshotTakenData
        {
            Snapshot = Guid.CreateVersion7(),
            Camera = camera,
            TakenAt = Base + Duration.FromMinutes(i),
            Bytes = 1000 + i,
            Width = 640,
            Height = 360,
            Sha256 = new string('a', 64),
            Reason = i % 2 == 0 ? SnapshotReason.Schedule : SnapshotReason.Event,
        })]);
        GapStore.Append(batch, here, Gap(Base, Base + Duration.FromMinutes(1), GapCause.Stalled));
        GapStore.Append(batch, here, Gap(Base + Duration.FromMinutes(5), Base + Duration.FromMinutes(5), GapCause.Network));
        GapStore.Append(batch, here, Gap(Base + Duration.FromMinutes(7), null, GapCause.DiskFull));
        await batch.ExecuteNonQueryAsync();
        return (cookie, camera, other);

        GapData Gap(Instant start, Instant? end, GapCause cause) => new() { Gap = Guid.CreateVersion7(), Camera = camera, Revision = 1, Start = start, End = end, Cause = cause };
    }

    private static async Task<List<TItem>> PagesAsync<TPage, TItem>(FleetHost fleet, string cookie, string path, string filter, Func<TPage, (IReadOnlyList<TItem>, string?)> open, string range = Range)
    {
        List<TItem> all = [];
        string? cursor = null;
        do
        {
            var (items, next) = open(await (await fleet.GetAsync(cookie, $"/api/v1/{path}?{range}&{filter}&cursor={cursor}")).ReadAsync<TPage>());
            all.AddRange(items);
            cursor = next;
        }
        while (cursor is not null);
        return all;
    }
}
