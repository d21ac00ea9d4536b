using System.Text.Json;
using Heldar.Edge.Tests.Events;
using Heldar.Edge.Tests.Storage;
using Heldar.Local.Cameras;

namespace Heldar.Edge.Tests.Gaps;

/// <summary>A whole box whose small real disk fills while everything on it is held: people are warned first, and the gap that follows says why.</summary>
public sealed class HeldEvidenceThatFillsTheDisk : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly CameraSimulator _simulator;
    private readonly RealCameraBox _box;

    public HeldEvidenceThatFillsTheDisk()
    {
        _simulator = new CameraSimulator(CameraSimulatorOptions.Free(_folder.File("cameras")), [new CameraSpec("gate", new FootageRecipe("h264", 360, 25, 1, 500))]);
        _box = new RealCameraBox(_simulator);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IsWarnedOf_BeforeItStopsRecording_AndTheGapNamesIt()
    {
        using var disk = TinyDisk.Create(160);
        await _box.StartAsync(_ => "", disk.Path, "retention: { minFreeBytes: 0 }\n");
        await _box.UntilAsync("cameras/gate", c => c.GetProperty("state").GetString() == "recording");
        var now = TimeProvider.System.GetUtcNow();
        await _box.SendAsync(HttpMethod.Post, "holds", new { camera_id = "gate", from = Text(now.AddHours(-1)), to = Text(now.AddHours(1)), reason = "theft" });

        var warned = await _box.HealthAsync(h => Texts(h, "warnings").Any(w => w.StartsWith("held evidence takes most of the space", StringComparison.Ordinal)));
        Assert.True(warned.GetProperty("ready").GetBoolean(), warned.ToString());
        Assert.Empty(Disk(await _box.SendAsync(HttpMethod.Get, "cameras/gate/gaps")));

        var foreign = Path.Combine(disk.Path, "of-somebody-else");
        Fill(foreign);
        var open = Disk(await _box.UntilAsync("cameras/gate/gaps", g => Disk(g).Any(d => d is { Cause: "disk_full_held", Open: true })));
        await _box.HealthAsync(h => !h.GetProperty("ready").GetBoolean() && Texts(h, "causes").Contains("held evidence takes all space"));
        File.Delete(foreign);
        var closed = Disk(await _box.UntilAsync("cameras/gate/gaps", g => Disk(g) is { Count: > 0 } all && all.All(d => !d.Open)));
        Assert.All(closed.Where(c => open.Any(o => o.Id == c.Id)), c => Assert.StartsWith("disk_full", c.Cause, StringComparison.Ordinal));
        var named = Assert.Single(closed, c => open.Any(o => o.Id == c.Id && o.Open));
        Assert.Equal("disk_full_held", named.Cause);
        // It begins, is named better at most once, and ends.
        Assert.InRange(named.Revision, 2, 3);
    }

    public async ValueTask InitializeAsync() => await _simulator.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<string> Texts(JsonElement health, string name) => health.GetProperty(name).EnumerateArray().Select(w => w.GetString()!);

    /// <summary>Gaps that are the disk's.</summary>
    private static List<(Guid Id, string Cause, bool Open, int Revision)> Disk(JsonElement gaps) =>
        [.. gaps.EnumerateArray()
            .Select(g => (g.GetProperty("id").GetGuid(), Cause: g.GetProperty("cause").GetString()!, g.GetProperty("open").GetBoolean(), g.GetProperty("revision").GetInt32()))
            .Where(g => g.Cause.StartsWith("disk_", StringComparison.Ordinal))];

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        foreach (var size in (int[])[1 << 20, 4 << 10])
        {
            try
            {
                while (true) file.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full.
            }
        }
    }
}
