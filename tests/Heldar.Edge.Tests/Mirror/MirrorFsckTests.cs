using Heldar.Edge.Fsck;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>A stopped box's check looks at the mirror as it looks at the rest: its own seal log, its files, their bytes.</summary>
public sealed class MirrorFsckTests : MirrorBench
{
    [Theory]
    [InlineData("nothing", null)]
    [InlineData("flipped bit", "segment-changed")]
    [InlineData("shorter file", "segment-changed")]
    [InlineData("file gone", "segment-lost")]
    [InlineData("broken chain", "seal-chain")]
    [InlineData("stranger", "unknown-file")]
    [InlineData("other bytes sealed", "copy-differs")]
    public async Task Fault_OfTheMirror_IsFound(string what, string? code)
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);
        if (what == "other bytes sealed") await SealOtherBytesAsync(box);
        await box.StopAsync();
        await BreakAsync(what);

        var report = await CheckAsync(box);

        if (code is null) Assert.Empty(report.Listed.Select(f => f.ToString()));
        else Assert.Contains(code, report.Counts.Keys);
        Assert.Equal(code is null, report.Open == 0);
        Assert.Equal(3, report.Checked["copies"]);
        Assert.Equal(3, report.Checked["segments"]);
        await box.StartAsync();
    }

    [Fact]
    public async Task MirrorThatIsAway_IsToldBesideTheRest()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 100);
        await AllCopiedAsync(box, 2);
        await box.StopAsync();

        var report = await new Checker([Open(Primary.Path, box)], null, box.Clock, NullLoggerFactory.Instance) { Away = [(Copy.Path, "it holds no volume")] }
            .RunAsync(hash: true, repair: false, _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal(["volume-away"], report.Counts.Keys);
        Assert.Equal((1L, 2L), (report.Open, report.Checked["segments"]));
        await box.StartAsync();
    }

    private static Volume Open(string path, VolumesFixture box) => Volume.Open(path, box.Clock.Now);

    private async Task<FsckReport> CheckAsync(VolumesFixture box) =>
        await new Checker([Open(Primary.Path, box)], box.Store.FilePath, box.Clock, NullLoggerFactory.Instance) { Copies = [Open(Copy.Path, box)] }
            .RunAsync(hash: true, repair: false, _ => { }, TestContext.Current.CancellationToken);

    /// <summary>Both sides seal the next revision of a segment, and not as the same.</summary>
    private static async Task SealOtherBytesAsync(VolumesFixture box)
    {
        var segment = (await box.SegmentsAsync(Camera.Uid))[0];
        var data = segment.Data with { Revision = segment.Data.Revision + 1 };
        await box.Writers.All[0].SealAsync(new SealRecord { Type = SealType.Closed, Path = segment.RelativePath, Data = data }, TestContext.Current.CancellationToken);
        await box.Writers.Mirror!.SealAsync(new SealRecord { Type = SealType.Closed, Path = segment.RelativePath, Data = data with { Sha256 = new string('a', 64) } }, TestContext.Current.CancellationToken);
    }

    private async Task BreakAsync(string what)
    {
        var file = Path.Combine(Copy.Path, Files(Copy.Path).First());
        switch (what)
        {
            case "nothing" or "other bytes sealed": break;
            case "flipped bit": Flip(file); break;
            case "shorter file":
                await using (var open = File.OpenWrite(file)) open.SetLength(open.Length - 1);
                break;
            case "file gone": File.Delete(file); break;
            case "stranger": await File.WriteAllTextAsync(Path.Combine(Copy.Path, "gate", "notes.txt"), "x"); break;
            case "broken chain":
                var log = Directory.EnumerateFiles(Path.Combine(Copy.Path, SealFiles.Folder), "*.jsonl", SearchOption.AllDirectories).First();
                await File.WriteAllTextAsync(log, (await File.ReadAllTextAsync(log)).Replace("\"frames\":50", "\"frames\":51", StringComparison.Ordinal));
                break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }
}
