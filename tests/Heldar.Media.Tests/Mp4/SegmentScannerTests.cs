using Heldar.Media.Mp4;
using Heldar.Media.Tests.Fuzz;

namespace Heldar.Media.Tests.Mp4;

public sealed class SegmentScannerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heldar-scan-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public async Task Scan_ReadsBackWhatWasWritten()
    {
        var bytes = SegmentBytes.Build(await ClipAsync(), out var ends);
        var scan = Scan(bytes);

        Assert.True(scan.IsClosed);
        Assert.Equal(SegmentBytes.Label with { Codec = scan.Label!.Codec }, scan.Label);
        Assert.Equal(50, scan.Frames);
        Assert.Equal(ends[0], scan.HeaderLength);
        Assert.Equal(ends.Skip(1), scan.Fragments.Select(f => (int)f.Offset + f.Length));
        Assert.Equal(180_000, scan.Fragments[^1].EndTime);
    }

    [Fact]
    public async Task Scan_StopsAtTheLastWholeFragment_WhereverTheFileIsTorn()
    {
        var bytes = SegmentBytes.Build(await ClipAsync(), out var ends);
        var cuts = ends.SelectMany(e => Enumerable.Range(e - 9, 40)).Concat(Enumerable.Range(0, 200).Select(i => i * bytes.Length / 200)).Where(c => c >= 0 && c < bytes.Length);
        foreach (var cut in cuts.Distinct())
        {
            var scan = Scan(bytes[..cut]);
            Assert.False(scan.IsClosed, $"cut at {cut}");
            Assert.Equal(ends.Where(e => e <= cut).DefaultIfEmpty(0).Max(), scan.WholeLength);
            Assert.Equal(Math.Max(0, ends.Count(e => e <= cut) - 1), scan.Fragments.Count);
        }
    }

    [Fact]
    public async Task Scan_NeverThrowsNorReadsPastTheFile_OnMutatedFiles()
    {
        var bytes = SegmentBytes.Build(await ClipAsync(), out var ends);
        Mutations.Run([bytes, bytes[..ends[0]], bytes[..ends[1]]], mutant =>
        {
            var scan = Scan(mutant);
            Assert.InRange(scan.WholeLength, 0, mutant.Length);
            Assert.InRange(scan.WholeLength + scan.TailLength, 0, mutant.Length);
        });
    }

    private Task<Clip> ClipAsync() => Clip.EncodeAsync(_folder, "-c:v libx264 -preset ultrafast -g 25", 50);

    private SegmentScan Scan(byte[] bytes)
    {
        var path = Path.Combine(_folder, "scan.mp4");
        File.WriteAllBytes(path, bytes);
        using var file = File.OpenHandle(path);
        return SegmentScanner.Scan(file, TestContext.Current.CancellationToken);
    }
}
