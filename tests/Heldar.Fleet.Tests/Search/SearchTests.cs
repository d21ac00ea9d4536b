using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Cloud.Index;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Tests.Search;

public sealed class SearchTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private const string Range = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";

    [Fact]
    public async Task Recordings_ArePagedToTheEnd_EachOnce()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        string cookie = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        var camera = await box.AddCameraAsync("cam00");
        await LandAsync(fleet, box, camera, 7);

        List<RecordingItem> all = [];
        string? cursor = null;
        do
        {
            var page = await (await fleet.GetAsync(cookie, $"/api/v1/recordings?{Range}&limit=3&cursor={cursor}")).ReadAsync<RecordingsPage>();
            Assert.InRange(page.Items.Count, 1, 3);
            all.AddRange(page.Items);
            cursor = page.Cursor;
        }
        while (cursor is not null);

        Assert.Equal(7, all.Select(i => i.Segment).Distinct().Count());
        Assert.Equal(all.OrderBy(i => i.Start), all);
        Assert.All(all, i => Assert.Equal($"/media/{camera:D}/{InstantText.Format(i.Start)}.mp4", i.PlayUrl));
    }

    [Fact]
    public async Task Recordings_AreFiltered_BySiteAndCamera()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        string cookie = await fleet.SignInAsync();
        using var depot = await FakeBox.EnrolledAsync(fleet, "depot");
        using var yard = await FakeBox.EnrolledAsync(fleet, "yard");
        var (here, there) = (await depot.AddCameraAsync("cam00"), await yard.AddCameraAsync("cam00"));
        await LandAsync(fleet, depot, here, 2);
        await LandAsync(fleet, yard, there, 3);

        Assert.Equal(5, await CountAsync(fleet, cookie, ""));
        Assert.Equal(3, await CountAsync(fleet, cookie, "&sites=yard"));
        Assert.Equal(2, await CountAsync(fleet, cookie, $"&cameras={here:D}"));
        Assert.Equal(0, await CountAsync(fleet, cookie, $"&sites=yard&cameras={here:D}"));
        Assert.Equal(5, await CountAsync(fleet, cookie, $"&cameras={here:D},{there:D}"));
    }

    [Fact]
    public async Task Timeline_MergesFootage_AndProofNamesTheHashes()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        string cookie = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        var camera = await box.AddCameraAsync("cam00");
        var segments = await LandAsync(fleet, box, camera, 4);

        using var timeline = JsonDocument.Parse(await (await fleet.GetAsync(cookie, $"/api/v1/timeline?{Range}")).Content.ReadAsStringAsync());
        var spans = timeline.RootElement.GetProperty("cameras")[0].GetProperty("spans");
        var proof = await (await fleet.GetAsync(cookie, $"/api/v1/recordings/{camera:D}/{InstantText.Format(segments[1].Start)}/proof")).ReadAsync<RecordingProof>();

        Assert.Equal(1, spans.GetArrayLength());
        Assert.Equal((segments[0].Start.ToUnixTimeMilliseconds(), segments[^1].End.ToUnixTimeMilliseconds()), (spans[0][0].GetInt64(), spans[0][1].GetInt64()));
        Assert.Equal((segments[1].Segment, segments[1].Sha256, segments[1].Root), (proof.Segment, proof.Sha256, proof.Root));
        await fleet.GetAsync(cookie, $"/api/v1/recordings/{camera:D}/0/proof").RefusedAsync(404, ErrorCodes.NotFound);
    }

    [Fact]
    public async Task Search_ShowsATenantNothing_OfAnother()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        using var box = await FakeBox.EnrolledAsync(fleet);
        var camera = await box.AddCameraAsync("cam00");
        var segments = await LandAsync(fleet, box, camera, 2);
        string stranger = await fleet.SignInElsewhereAsync("rival");

        Assert.Equal(0, await CountAsync(fleet, stranger, $"&cameras={camera:D}"));
        Assert.DoesNotContain(camera.ToString("D"), await (await fleet.GetAsync(stranger, $"/api/v1/timeline?{Range}")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await fleet.GetAsync(stranger, $"/api/v1/recordings/{camera:D}/{InstantText.Format(segments[0].Start)}/proof").RefusedAsync(404, ErrorCodes.NotFound);
    }

    [Theory]
    [InlineData("", "from must be a time")]
    [InlineData("from=2026-11-21T00:00:00Z", "to must be a time")]
    [InlineData("from=yesterday&to=today", "from must be a time")]
    [InlineData("from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z", "later")]
    [InlineData("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00.001Z", "31 days")]
    [InlineData("from=-9999999999999&to=2026-02-01T00:00:00Z", "from must be a time")]
    [InlineData("from=9999-12-31T23:59:59-18:00&to=2026-02-01T00:00:00Z", "from must be a time")]
    [InlineData(Range + "&limit=0", "limit")]
    [InlineData(Range + "&limit=1001", "limit")]
    [InlineData(Range + "&limit=1e3", "limit")]
    [InlineData(Range + "&cursor=AAAA", "cursor")]
    [InlineData(Range + "&cursor='; drop table camera; --", "cursor")]
    [InlineData(Range + "&sites=Depot_1", "sites")]
    [InlineData(Range + "&cameras=cam00", "cameras")]
    public async Task Recordings_AreRefused_WhenTheQueryMakesNoSense(string query, string names)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string cookie = await fleet.SignInAsync();

        var refused = await fleet.GetAsync(cookie, "/api/v1/recordings?" + query).RefusedAsync(400, ErrorCodes.BadRequest);

        Assert.Contains(names, refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59-18:00")]
    [InlineData("-9223372036854775808")]
    public async Task Proof_IsRefused_ForATimeThatNoIndexHolds(string start)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        await fleet.GetAsync(await fleet.SignInAsync(), $"/api/v1/recordings/{Guid.Empty}/{start}/proof").RefusedAsync(400, ErrorCodes.BadRequest);
    }

    [Fact]
    public async Task Recordings_AreRefused_WhenTooManyCamerasAreNamed()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string cameras = string.Join("&", Enumerable.Range(0, 150).Select(_ => "cameras=" + Guid.NewGuid().ToString("D")));
        string cookie = await fleet.SignInAsync();

        using var many = await fleet.GetAsync(cookie, $"/api/v1/recordings?{Range}&{cameras}");
        using var endless = await fleet.GetAsync(cookie, $"/api/v1/recordings?{Range}&cursor={new string('a', 20_000)}");

        Assert.Equal(HttpStatusCode.OK, many.StatusCode);
        Assert.Equal(HttpStatusCode.RequestUriTooLong, endless.StatusCode);
    }

    private static async Task<int> CountAsync(FleetHost fleet, string cookie, string filter) =>
        (await (await fleet.GetAsync(cookie, $"/api/v1/recordings?{Range}{filter}")).ReadAsync<RecordingsPage>()).Items.Count;

    /// <summary>Segments of 30 s each, as the functions would index them.</summary>
    private static async Task<List<SegmentData>> LandAsync(FleetHost fleet, FakeBox box, Guid camera, int count)
    {
        var now = fleet.Clock.GetCurrentInstant();
        var first = now - Duration.FromMinutes(30);
        var run = Guid.CreateVersion7();
        var segments = Enumerable.Range(0, count).Select(i => new SegmentData
        {
            Segment = Guid.CreateVersion7((first + Duration.FromSeconds(30 * i)).ToDateTimeOffset()),
            Camera = camera,
            Revision = 1,
            Run = run,
            Start = first + Duration.FromSeconds(30 * i),
            End = first + Duration.FromSeconds(30 * (i + 1)),
            Bytes = 15_000_000,
            Codec = "avc1.640028",
            Frames = 750,
            Sha256 = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            Root = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            Reason = "closed",
        }).ToList();
        var database = fleet.Get<NpgsqlDataSource>();
        await IndexPartitions.EnsureAsync(database, now, CancellationToken.None);
        await using var connection = await database.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        SegmentLanding.Append(batch, box.Enrolled!.Tenant, box.Id, now.InUtc().Date,
            [.. segments.Select(s => new LandingRow(box.Id, s, Convert.FromHexString(s.Sha256), Convert.FromHexString(s.Root)))]);
        await batch.ExecuteNonQueryAsync();
        return segments;
    }
}
