using System.Text.Json;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Indexer;
using Heldar.Edge.Playback;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Holds;

/// <summary>Who may place and end holds, through the API. Nothing shortens one.</summary>
public sealed class HoldRankApiTests : IAsyncLifetime
{
    private BoxFixture _box = null!;
    private string _lock = "";

    [Theory]
    [InlineData(BoxRole.Integration, 403, 403)]
    [InlineData(BoxRole.Viewer, 403, 403)]
    [InlineData(BoxRole.Guard, 403, 403)]
    [InlineData(BoxRole.Manager, 201, 204)]
    [InlineData(BoxRole.Admin, 201, 204)]
    public async Task Roles_PlaceAndEndWhatTheyMay(object role, int place, int end)
    {
        var key = _box.Key((BoxRole)role);
        Assert.Equal(place, (await _box.SendAsync("POST", _lock, key: key)).Status);
        Assert.Equal(end, (await _box.SendAsync("DELETE", _lock, key: key)).Status);
    }

    [Fact]
    public async Task LowerRank_EndsNeitherTheHigherHold_NorItsOwnBesideIt()
    {
        var higher = (await _box.JsonAsync("POST", _lock, status: 201)).GetProperty("id").GetString()!;
        var key = Lower();
        var own = Id(await _box.SendAsync("POST", _lock, key: key), 201);

        Assert.Equal(403, (await _box.SendAsync("DELETE", _lock, key: key)).Status);
        Assert.Equal(403, (await _box.SendAsync("DELETE", $"/api/v1/holds/{higher}", key: key)).Status);
        Assert.Equal(new[] { higher, own }.Order(StringComparer.Ordinal), await StandingAsync());

        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/holds/{own}", key: key)).Status);
        Assert.Equal([higher], await StandingAsync());
        Assert.Equal(204, (await _box.SendAsync("DELETE", _lock)).Status);
        Assert.Empty(await StandingAsync());
    }

    [Fact]
    public async Task Manager_EndsWhatManagersPlaced_AndNeverAnAdminsHold()
    {
        var (one, other) = (_box.Key(BoxRole.Manager), _box.Key(BoxRole.Manager));
        var equal = Id(await _box.SendAsync("POST", _lock, key: one), 201);
        var higher = Id(await _box.SendAsync("POST", _lock), 201);

        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/holds/{equal}", key: other)).Status);
        Assert.Equal(403, (await _box.SendAsync("DELETE", $"/api/v1/holds/{higher}", key: other)).Status);
        Assert.Equal([higher], await StandingAsync());
    }

    [Fact]
    public async Task Case_ListsItsSegments()
    {
        var camera = _box.Cameras.Find("gate")!.Uid;
        var start = _box.Clock.Now - Duration.FromMinutes(10);
        _box.Footage.Items.Add(new Footage(Guid.CreateVersion7(), camera, start, start + Duration.FromSeconds(30), 1000, "/a.mp4") { Held = true });
        _box.Footage.Items.Add(new Footage(Guid.CreateVersion7(), camera, start + Duration.FromSeconds(30), start + Duration.FromSeconds(60), 1000, "/b.mp4"));
        for (var i = 0; i < 2; i++) Id(await _box.SendAsync("PATCH", _lock.Replace("evidence-lock", "incident", StringComparison.Ordinal), new { incident_id = "4711" }), 201);

        var segment = Assert.Single((await _box.JsonAsync("GET", "/api/v1/incidents/4711/segments")).EnumerateArray());
        Assert.Equal(("gate", true), (segment.GetProperty("camera_id").GetString(), segment.GetProperty("evidence_locked").GetBoolean()));
        await _box.JsonAsync("GET", "/api/v1/incidents/4712/segments", status: 404);
        var other = _box.App.Services.GetRequiredService<ApiKeys>().Add(new ApiKeyWish("other", BoxRole.Viewer) { Cameras = ["yard"] }).Text;
        Assert.Equal(404, (await _box.SendAsync("GET", "/api/v1/incidents/4711/segments", key: other)).Status);
    }

    [Fact]
    public async Task NobodyShortensAHold()
    {
        var higher = await _box.JsonAsync("POST", _lock, status: 201);
        var id = higher.GetProperty("id").GetString()!;
        var soon = (_box.Clock.Now + Duration.FromMinutes(1)).ToString();
        var key = Lower();

        foreach (var method in new[] { "PATCH", "PUT" }) Assert.Equal(405, (await _box.SendAsync(method, $"/api/v1/holds/{id}", new { expires_at = soon, to = soon }, key)).Status);
        Assert.NotEqual(id, Id(await _box.SendAsync("POST", _lock, new { id, expires_at = soon, reason = "later" }, key), 201));
        Assert.NotEqual(id, Id(await _box.SendAsync("PATCH", _lock.Replace("evidence-lock", "incident", StringComparison.Ordinal), new { incident_id = "4711", expires_at = soon }, key), 201));

        var after = (await _box.JsonAsync("GET", "/api/v1/holds")).EnumerateArray().Single(h => h.GetProperty("id").GetString() == id);
        foreach (var member in new[] { "from", "to", "reason", "owner" }) Assert.Equal(higher.GetProperty(member).GetString(), after.GetProperty(member).GetString());
        Assert.True(!after.TryGetProperty("expires_at", out var expires) || expires.ValueKind == JsonValueKind.Null);
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync("cameras: [{ id: gate, url: 'rtsp://127.0.0.1:1/a' }]");
        var start = _box.Clock.Now - Duration.FromMinutes(10);
        var data = new SegmentData
        {
            Segment = Guid.CreateVersion7(),
            Camera = _box.Cameras.Find("gate")!.Uid,
            Revision = 1,
            Run = Guid.CreateVersion7(),
            Start = start,
            End = start + Duration.FromSeconds(30),
            Bytes = 1000,
            Codec = "avc1.64000d",
            Frames = 750,
            Sha256 = new string('a', 64),
            Root = new string('b', 64),
            Reason = "closed",
        };
        await _box.App.Services.GetRequiredService<IStoreWriter>().EnqueueAsync(
            db => SegmentRows.Apply(db, _box.App.Services.GetRequiredService<IOutbox>(), Guid.CreateVersion7(), "gate/a.mp4", data), TestContext.Current.CancellationToken);
        _lock = $"/api/v1/segments/{data.Segment:D}/evidence-lock";
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static string Id((int Status, string Body) answer, int status)
    {
        Assert.True(answer.Status == status, answer.Body);
        return JsonDocument.Parse(answer.Body).RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>A key that may place and end holds, with the rank of a viewer.</summary>
    private string Lower() => _box.App.Services.GetRequiredService<ApiKeys>().Add(new ApiKeyWish("releases", null) { Capabilities = ["evidence:release", "evidence:hold", "events:read"] }).Text;

    private async Task<IEnumerable<string>> StandingAsync() =>
        (await _box.JsonAsync("GET", "/api/v1/holds")).EnumerateArray().Select(h => h.GetProperty("id").GetString()!).Order(StringComparer.Ordinal).ToList();
}
