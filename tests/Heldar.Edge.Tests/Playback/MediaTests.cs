using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Playback;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Media.SegmentNames;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Playback;

/// <summary><c>/media</c> over real files of a real volume: what is not the box's own file is not served, and nothing that fails keeps a segment from retention.</summary>
public sealed class MediaTests : IAsyncLifetime
{
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 21, 4, 30);
    private BoxFixture _box = null!;
    private Guid _id;
    private string _file = "";

    private string Secret => Path.Combine(_box.Folder, "secret");

    private Volume Volume => _box.App.Services.GetRequiredService<VolumeSet>().All.Single();

    [Fact]
    public async Task Segment_IsServed() => Assert.Equal((200, "footage of the gate"), await AskAsync());

    [Fact]
    public async Task LinkInThePlaceOfASegment_IsNotThere()
    {
        File.Move(_file, Secret);
        File.CreateSymbolicLink(_file, Secret);
        await NotFoundAsync();
    }

    /// <summary>The folder of the camera, and any on the way, leads elsewhere.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task LinkedFolder_IsNotThere(int above)
    {
        var folder = _file;
        for (var i = 0; i < above; i++) folder = Path.GetDirectoryName(folder)!;
        Directory.Move(folder, Secret);
        File.CreateSymbolicLink(folder, Secret);
        Assert.True(File.Exists(_file));
        await NotFoundAsync();
    }

    [Fact]
    public async Task DeletedFile_IsNotFound_AndMayBeForgotten()
    {
        File.Delete(_file);
        await NotFoundAsync();
    }

    [Fact]
    public async Task DeletedFolder_IsNotFound_AndMayBeForgotten()
    {
        Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
        await NotFoundAsync();
    }

    /// <summary>The file is there and cannot be opened: another answer than none, and no lock is left behind.</summary>
    [Fact]
    public async Task FileThatDoesNotOpen_IsToldApart_AndMayBeForgotten()
    {
        File.Delete(_file);
        Directory.CreateDirectory(_file);

        var (status, body) = await AskAsync();

        Assert.Equal(503, status);
        Assert.Contains("\"unavailable\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain(_box.Folder, body, StringComparison.Ordinal);
        NothingIsKept();
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync("cameras: [{ id: gate, url: 'rtsp://10.0.0.3/' }]");
        var services = _box.App.Services;
        _box.Footage.Behind = new RecordedFootage(services.GetRequiredService<SegmentIndex>(), services.GetRequiredService<VolumeSet>(), _box.Cameras);
        _id = Guid.CreateVersion7();
        var path = new SegmentName("gate", Start, _id).RelativePath;
        _file = Volume.Resolve(path)!;
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        await File.WriteAllTextAsync(_file, "footage of the gate", TestContext.Current.CancellationToken);
        var data = new SegmentData
        {
            Segment = _id,
            Camera = _box.Cameras.Find("gate")!.Uid,
            Revision = 1,
            Run = Guid.CreateVersion7(),
            Start = Start,
            End = Start + Duration.FromSeconds(30),
            Bytes = 19,
            Codec = "avc1.64000d",
            Frames = 750,
            Sha256 = new string('a', 64),
            Root = new string('b', 64),
            Reason = "closed",
        };
        await services.GetRequiredService<IStoreWriter>().EnqueueAsync(
            db => SegmentRows.Apply(db, services.GetRequiredService<IOutbox>(), Volume.Id, path, data), TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private Task<(int Status, string Body)> AskAsync() => _box.SendAsync("GET", $"/media/recordings/{_id}.mp4");

    private async Task NotFoundAsync()
    {
        var (status, body) = await AskAsync();
        Assert.Equal(404, status);
        Assert.Contains("there is no such recording on this box", body, StringComparison.Ordinal);
        NothingIsKept();
    }

    private void NothingIsKept() => Assert.False(_box.App.Services.GetRequiredService<ReadLocks>().IsRead(_id));
}
