using Heldar.Fleet.Cameras;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Fleet.Tests.RemoteAccess;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Fleet.Tests.Cameras;

public sealed class CameraListTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task Camera_ShowsTheNewerOfStateAndStatus_AndItsCauseOnlyWhereItFits()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite, connect: false);
        Assert.Equal(("offline", null, true), Facts(await OnlyAsync(scene)));

        await StateAsync(scene, 5, "stalled");
        Assert.Equal(("stalled", "no media for 5 s", true), Facts(await OnlyAsync(scene)));
        await ProgressAsync(scene, 6, "recording");
        Assert.Equal(("recording", null, true), Facts(await OnlyAsync(scene)));
        await StateAsync(scene, 7, "offline");
        Assert.Equal(("offline", "no media for 5 s", true), Facts(await OnlyAsync(scene)));
        scene.Fleet.Clock.Advance(Duration.FromSeconds(61));
        Assert.False((await OnlyAsync(scene)).BoxOnline);
    }

    private static (string, string?, bool) Facts(CameraView camera) => (camera.Condition, camera.Cause, camera.BoxOnline);

    private static async Task<CameraView> OnlyAsync(Scene scene)
    {
        await scene.Fleet.ExecuteAsync("update box set last_seen_at = @at where last_seen_at is null", new { at = FleetHost.Start });
        return Assert.Single(await (await scene.Fleet.GetAsync(scene.Cookie, "/api/v1/cameras")).ReadAsync<List<CameraView>>());
    }

    private static Task StateAsync(Scene scene, long seq, string condition) => scene.Fleet.ExecuteAsync(
        """
        insert into camera_state (tenant, camera, box, boot_seq, seq, condition, cause, since) values ('main', @Camera, @Id, 1, @seq, @condition, 'no media for 5 s', now())
        on conflict (tenant, camera) do update set seq = excluded.seq, condition = excluded.condition
        """,
        new { scene.Camera, scene.Box.Id, seq, condition });

    private static Task ProgressAsync(Scene scene, long seq, string condition) => scene.Fleet.ExecuteAsync(
        "insert into camera_progress (tenant, camera, box, boot_seq, seq, condition, reported_at) values ('main', @Camera, @Id, 1, @seq, @condition, now())",
        new { scene.Camera, scene.Box.Id, seq, condition });
}
