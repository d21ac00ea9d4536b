using System.Text.Json;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Contracts.Metrics;
using Heldar.Edge.Retention;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Tests.Retention;

/// <summary>The dry run from outside of the box, held against what a sweep then really deletes.</summary>
public sealed class RetentionPlanTests : IAsyncDisposable
{
    private static readonly Guid Gate = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private static readonly Guid Yard = Guid.Parse("0190c0de-0000-7000-8000-000000000003");
    private readonly RetentionFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Plan_SaysForEachCameraWhatGoesAndWhy_AndTheSweepDoesIt()
    {
        var gate = await PutAsync(Gate, "gate", 10, Duration.FromHours(1));
        var yard = await PutAsync(Yard, "yard", 10, Duration.FromMinutes(1));
        await _box.HoldAsync(Gate, gate[2].Start, gate[2].Start + Duration.FromSeconds(1));
        await SettingAsync("retention", """{"hours":5}""");
        var before = _box.OnDisk();

        var plan = await PlanAsync("hours: 9000, minFreeBytes: 0, cameras: [{ id: yard, quotaBytes: 4000 }]");

        Assert.Equal(before, _box.OnDisk());
        Assert.Equal([("gate", 10L, 10_000L, 1L, 1000L), ("yard", 10L, 10_000L, 0L, 0L)], plan.Cameras.Select(c => (c.Id, c.Segments, c.Bytes, c.HeldSegments, c.HeldBytes)));
        Assert.Equal([new PlannedRule("age", 4, 4000, gate[0].Start, gate[4].End)], plan.Cameras[0].Deletes);
        Assert.Equal([new PlannedRule("quota", 6, 6000, yard[0].Start, yard[5].End)], plan.Cameras[1].Deletes);
        Assert.Equal((10L, 10_000L), (plan.Segments, plan.Bytes));
        Assert.Null(plan.ClockDoubt);
        Assert.Empty(plan.Notes);

        _box.Policy = _box.Policy with { Age = Duration.FromHours(5), Cameras = _box.Policy.Cameras.Add(Yard, new CameraRetention(null, 4000)) };
        var sweep = await _box.Retainer.SweepAsync(CancellationToken.None);
        Assert.Equal((plan.Segments, plan.Bytes), (sweep.Segments, sweep.Bytes));
        Assert.Equal(0, (await PlanAsync("hours: 9000, minFreeBytes: 0, cameras: [{ id: yard, quotaBytes: 4000 }]")).Segments);
    }

    [Fact]
    public async Task Plan_CountsFairShare_Floor_AndWhatTheArchiveNeverGot()
    {
        await PutAsync(Gate, "gate", 10, Duration.FromMinutes(1));
        await PutAsync(Yard, "yard", 2, Duration.FromMinutes(1));
        var cap = await PlanAsync("maxBytes: 8000, minFreeBytes: 0");
        Assert.Equal([("cap", 4L)], cap.Cameras[0].Deletes.Select(d => (d.Reason, d.Segments)));
        Assert.Empty(cap.Cameras[1].Deletes);

        (_box.DiskBytes, _box.ForeignBytes) = (1_000_000, 990_000 - 12_000);
        var floor = await PlanAsync("minFreeBytes: 12000");
        Assert.Equal(["floor"], floor.Cameras.SelectMany(c => c.Deletes).Select(d => d.Reason).Distinct());
        Assert.Equal(2, floor.Segments);

        var archive = await PlanAsync("maxBytes: 8000, minFreeBytes: 0, archiveFirst: true");
        Assert.Equal([("never_archived", 4L)], archive.Cameras[0].Deletes.Select(d => (d.Reason, d.Segments)));
        Assert.Equal([("nothing_archived", ""), ("never_archived", "gate")], archive.Alerts.Select(a => (a.Code, a.Subject)));
    }

    [Fact]
    public async Task DoubtfulClock_IsSaid_AndLeavesNoMark()
    {
        await PutAsync(Gate, "gate", 10, Duration.FromHours(1));
        _box.Machine.Synchronised = true;
        await _box.Retainer.GuardAsync(CancellationToken.None);
        _box.Machine.Synchronised = false;
        _box.Clock.Advance(Duration.FromDays(400));

        var plan = await PlanAsync("hours: 5, minFreeBytes: 0");

        Assert.Equal(0, plan.Segments);
        Assert.Contains("no time source vouches", plan.ClockDoubt, StringComparison.Ordinal);
        Assert.Equal(0, await _box.Box.Store.ReadAsync(db => db.ExecuteScalar<long>("SELECT count(*) FROM clock_doubt")));
    }

    [Fact]
    public async Task Answers_AreForPeopleAndPrograms()
    {
        var gate = await PutAsync(Gate, "gate", 3, Duration.FromHours(1));
        _box.Machine.Synchronised = true;
        await _box.HoldAsync(Gate, gate[2].Start, gate[2].Start + Duration.FromSeconds(1));
        await SettingAsync("retention", """{"hours":"many"}""");
        var plan = await PlanAsync("hours: 2, minFreeBytes: 0");

        var text = RetentionCommand.Text(plan);
        var json = JsonDocument.Parse(RetentionCommand.Json(plan)).RootElement;

        Assert.StartsWith("gate: 3 segments, 2.9 KiB, of which 1 segments (1000 B) are held and stay\n  age: 1 segments, 1000 B, from ", text, StringComparison.Ordinal);
        Assert.Contains("note: limits that were changed at run time are not in force: retention.hours", text, StringComparison.Ordinal);
        Assert.EndsWith("in all 1 segments, 1000 B would be deleted now\n", text, StringComparison.Ordinal);
        var rule = json.GetProperty("cameras")[0].GetProperty("deletes")[0];
        Assert.Equal((1, "age", 1, 1000), (json.GetProperty("segments").GetInt32(), rule.GetProperty("reason").GetString(), rule.GetProperty("segments").GetInt32(), rule.GetProperty("bytes").GetInt32()));
        Assert.Equal(1, json.GetProperty("cameras")[0].GetProperty("heldSegments").GetInt32());
    }

    [Fact]
    public async Task BoxWithoutADatabase_IsAClearError_AndGetsNone()
    {
        using var empty = new TemporaryFolder();
        var settings = SettingsReader.Read(empty.File("heldar.yaml"), "box: { name: Depot, data: ./data, timeZone: Europe/Berlin }\n", _ => null);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => new RetentionPlan(settings, _box.Machine, v => v.Space(), _box.Clock).MakeAsync(CancellationToken.None));

        Assert.Contains("has never run", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(empty.Path));
    }

    [Fact]
    public async Task DeletedFootage_IsCounted_ByRule()
    {
        using var metrics = new MetricsCollector(["Heldar.Edge"]);
        _box.Machine.Synchronised = true;
        await PutAsync(Gate, "gate", 10, Duration.FromHours(1));
        _box.Policy = _box.Policy with { Age = Duration.FromHours(5) };

        await _box.Retainer.SweepAsync(CancellationToken.None);

        // Other tests of this process may delete at the same time.
        var text = metrics.Write();
        Assert.True(Value(text, "heldar_retention_deleted_segments_total{reason=\"age\"}") >= 5);
        Assert.True(Value(text, "heldar_retention_deleted_bytes_total{reason=\"age\"}") >= 5000);
    }

    internal static double Value(string text, string series) => text.Split('\n').Where(l => l.StartsWith(series + " ", StringComparison.Ordinal))
        .Select(l => double.Parse(l[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture)).SingleOrDefault();

    private Task<PlanReport> PlanAsync(string retention)
    {
        var yaml = $"box: {{ name: Depot, data: ./data, timeZone: Europe/Berlin }}\nrecording: {{ volumes: [{{ path: ./recordings }}] }}\nretention: {{ {retention} }}\ncameras:\n  - {{ id: gate, url: 'rtsp://10.0.0.1/' }}\n  - {{ id: yard, url: 'rtsp://10.0.0.2/' }}\n";
        var settings = SettingsReader.Read(Path.Combine(_box.Box.Folder, "heldar.yaml"), yaml, _ => null);
        return new RetentionPlan(settings, _box.Machine, _ => (Math.Max(0, _box.DiskBytes - _box.ForeignBytes - _box.FilesBytes()), _box.DiskBytes), _box.Clock).MakeAsync(CancellationToken.None);
    }

    private Task SettingAsync(string name, string value) =>
        _box.Box.Store.EnqueueAsync(db => db.Execute("INSERT INTO runtime_setting (name, value) VALUES (@name, @value)", new { name, value }));

    private async Task<IReadOnlyList<SegmentData>> PutAsync(Guid camera, string slug, int count, Duration apart)
    {
        await _box.Box.Store.EnqueueAsync(db => db.Execute(
            "INSERT INTO camera (uid, slug, name, url, audio, camera_clock, enabled, owner, created_at) VALUES (@uid, @slug, @slug, 'sealed', 0, 0, 1, 0, '2026-11-21T00:00:00Z')", new { uid = camera.ToString("D"), slug }));
        var all = new List<SegmentData>();
        for (var i = 0; i < count; i++) all.Add(await _box.PutAsync(camera, slug, _box.Clock.Now - (apart * (count - i))));
        return all;
    }
}
