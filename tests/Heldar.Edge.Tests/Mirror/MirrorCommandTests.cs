using System.CommandLine;
using System.Text.Json;
using Heldar.Edge.Settings;
using Heldar.Edge.Tests.Storage;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>The commands of the room, on the disks of a box that is stopped.</summary>
public sealed class MirrorCommandTests : MirrorBench
{
    [Fact]
    public async Task StatusScrubAndRestore_OnAStoppedBox()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);
        var segments = await box.SegmentsAsync(Camera.Uid);
        await box.StopAsync();

        var (code, status) = await RunAsync(box, "status", "--json");
        Assert.Equal((0, 3, 0, 0), (code, Int(status, "copied", "segments"), Int(status, "waiting", "segments"), Int(status, "damaged")));

        Flip(segments[0].File!);
        (code, var scrub) = await RunAsync(box, "scrub", "--json");
        Assert.Equal((0, 3, 1, 1, 0), (code, Int(scrub, "segments"), Int(scrub, "found"), Int(scrub, "repaired"), Int(scrub, "open")));
        Assert.Equal(segments[0].Data.Sha256, await ShaAsync(Primary.Path, segments[0].RelativePath));

        Flip(segments[1].File!);
        (code, var restore) = await RunAsync(box, "restore", segments[1].Id.ToString("D"), segments[2].Id.ToString("D"), "--json");
        Assert.Equal((0, 1, 1, 0), (code, Int(restore, "restored"), Int(restore, "whole"), Int(restore, "failed")));

        File.Delete(segments[2].File!);
        (code, restore) = await RunAsync(box, "restore", "--lost", "--json");
        Assert.Equal((0, 1, 0, 0), (code, Int(restore, "restored"), Int(restore, "whole"), Int(restore, "failed")));

        // Now both are bad: it is said, and kept.
        Flip(segments[2].File!);
        File.Delete(Path.Combine(Copy.Path, segments[2].RelativePath));
        (code, scrub) = await RunAsync(box, "scrub", "--json");
        Assert.Equal((1, 2, 0, 2), (code, Int(scrub, "found"), Int(scrub, "repaired"), Int(scrub, "open")));
        Assert.True(File.Exists(segments[2].File));
        (code, restore) = await RunAsync(box, "restore", "--damaged", "--json");
        Assert.Equal((1, 0, 1), (code, Int(restore, "restored"), Int(restore, "failed")));
        Assert.Equal(1, (await RunAsync(box, "status", "--json")).Code);

        using (DataFolder.Take(box.Folder)) await Assert.ThrowsAsync<DataFolderInUseException>(() => RunAsync(box, "scrub", "--json"));
        await box.StartAsync();
        await foreach (var entry in AuditAsync(box)) Assert.Equal("segment.restored", entry);
    }

    private static async IAsyncEnumerable<string> AuditAsync(VolumesFixture box)
    {
        var entries = await box.Audit.PageAsync(null, Camera.Uid, 10, TestContext.Current.CancellationToken);
        Assert.Equal(["box", "command", "command"], entries.Select(e => e.Actor).Order(StringComparer.Ordinal));
        foreach (var entry in entries) yield return entry.Action;
    }

    private static int Int(JsonElement json, params string[] path) => path.Aggregate(json, (at, name) => at.GetProperty(name)).GetInt32();

    private async Task<(int Code, JsonElement Answer)> RunAsync(VolumesFixture box, params string[] line)
    {
        var file = Path.Combine(box.Folder, "heldar.yaml");
        await File.WriteAllTextAsync(
            file,
            $"box: {{ name: Depot, listen: 'http://127.0.0.1:0', data: ., timeZone: Europe/Berlin }}\nrecording: {{ volumes: [{{ path: {Primary.Path} }}, {{ path: {Copy.Path}, role: mirror }}] }}\n",
            TestContext.Current.CancellationToken);
        await using var output = new StringWriter();
        var code = await BoxCommands.Create().Parse(["mirror", .. line, "--config", file]).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output }, TestContext.Current.CancellationToken);
        return (code, JsonDocument.Parse(output.ToString()).RootElement.Clone());
    }
}
