using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Heldar.Edge.Tests.Api;

namespace Heldar.Edge.Tests.Cameras;

public sealed class YamlCamerasTests : IAsyncLifetime
{
    private const string Two = "cameras:\n  - { id: a, name: A, url: 'rtsp://10.0.0.1/', username: u, password: p }\n  - { id: b, name: B, url: 'rtsp://10.0.0.2/' }\n";
    private BoxFixture _box = null!;

    [Fact]
    public async Task Rename_RestartsNothing()
    {
        await ApplyAsync(Two.Replace("name: A", "name: Gate", StringComparison.Ordinal));

        Assert.Equal(2, _box.Pipelines.Started.Count);
        Assert.Equal("Gate", _box.Cameras.Find("a")!.Name);
    }

    [Fact]
    public async Task SameSettings_ChangeNothing()
    {
        await ApplyAsync(Two);
        Assert.Equal(2, _box.Pipelines.Started.Count);
    }

    [Theory]
    [InlineData("10.0.0.1/", "10.0.0.9/")]
    [InlineData("username: u", "username: v")]
    [InlineData("password: p", "password: q")]
    [InlineData("password: p", "password: p, audio: true")]
    [InlineData("password: p", "password: p, clock: camera")]
    [InlineData("password: p", "password: p, certificateSha256: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    public async Task RealChange_NeedsAnotherSession_OfThatCameraOnly(string from, string to)
    {
        await ApplyAsync(Two.Replace(from, to, StringComparison.Ordinal));

        Assert.Equal([("a", 1), ("b", 0)], _box.Pipelines.Started.OrderBy(p => p.Identity.Slug, StringComparer.Ordinal).Select(p => (p.Identity.Slug, p.Changes)));
        Assert.Equal(2, _box.Pipelines.Running.Count());
    }

    [Fact]
    public async Task AddressThatCannotBeOpened_EndsTheCamera_WithTheReason()
    {
        await ApplyAsync(Two.Replace("10.0.0.1/", "broken/", StringComparison.Ordinal));

        Assert.Equal(["b"], _box.Pipelines.Running.Select(p => p.Identity.Slug));
        var a = (await _box.Cameras.ObserveAsync(CancellationToken.None)).Single(c => c.Config.Slug == "a");
        Assert.Equal("this one cannot start", a.Cause);
    }

    [Fact]
    public async Task SegmentLength_RestartsNothing()
    {
        await ApplyAsync("recording: { segmentSeconds: 7 }\n" + Two);

        Assert.Equal([(7, 0), (7, 0)], _box.Pipelines.Started.Select(p => (p.Plan.SegmentSeconds, p.Changes)));
    }

    [Theory]
    [InlineData("box: { name: Other }", "box")]
    [InlineData("recording: { volumes: [{ path: elsewhere }] }", "recording.volumes")]
    [InlineData("recording: { preRollBudgetMiB: 64 }", "recording.preRollBudgetMiB")]
    [InlineData("fleet: { url: 'http://127.0.0.1:1' }", "fleet")]
    [InlineData("retention: { hours: 5 }", "retention")]
    [InlineData("retention: { cameras: [{ id: made-by-api, hours: 5 }] }", "retention")]
    [InlineData("retention: { cameras: [{ id: own, hours: 5 }] }\ncameras: [{ id: own, url: 'rtsp://10.0.0.1/', mirror: false }]", null)]
    [InlineData("recording: { volumes: [{ path: ./recordings }, { path: ./copies, role: mirror }] }", "recording.volumes")]
    [InlineData("recording: { mirror: false }", "recording.mirror")]
    [InlineData("recording: { scrubMiBPerSecond: 9 }", "recording.scrubMiBPerSecond")]
    [InlineData("health: { minRecordingPercent: 50 }", "health.minRecordingPercent")]
    [InlineData("database: { maxBytes: 2GiB }", "database.maxBytes")]
    [InlineData("telemetry: { endpoint: 'http://127.0.0.1:1' }", "telemetry")]
    [InlineData("log: json", "log")]
    [InlineData("recording: { segmentSeconds: 9 }", null)]
    public void WhatOnlyAStartChanges_IsNamed(string text, string? section)
    {
        var (before, after) = (Settings(""), Settings(text));

        Assert.Empty(SettingsReload.NeedStart(after, Settings(text)));
        Assert.Equal(section is null ? [] : [section], SettingsReload.NeedStart(before, after));

        static BoxSettings Settings(string text) => SettingsReader.Read("/etc/heldar/heldar.yaml", text, _ => null);
    }

    [Fact]
    public async Task RemovedCamera_Stops_AndKeepsItsUid_WhenItReturns()
    {
        var uid = _box.Cameras.Find("b")!.Uid;
        await ApplyAsync(Two[..Two.IndexOf("  - { id: b", StringComparison.Ordinal)]);
        Assert.Null(_box.Cameras.Find("b"));
        Assert.Equal(["a"], _box.Pipelines.Running.Select(p => p.Identity.Slug));

        await _box.RestartAsync(Two);

        Assert.Equal(uid, _box.Cameras.Find("b")!.Uid);
    }

    [Fact]
    public async Task Stop_ClosesAllCamerasSideBySide()
    {
        var gate = new TaskCompletionSource();
        foreach (var pipeline in _box.Pipelines.Running) pipeline.Closing = gate.Task;

        var stop = _box.Cameras.StopAsync(CancellationToken.None);
        Assert.False(stop.IsCompleted);
        gate.SetResult();
        await stop.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Empty(_box.Pipelines.Running);
    }

    [Fact]
    public void DataFolder_IsTakenOnce()
    {
        using var folder = new TemporaryFolder();
        var data = folder.File("data");
        using (DataFolder.Take(data))
        {
            var error = Assert.Throws<DataFolderInUseException>(() => DataFolder.Take(data));
            Assert.Contains(data, error.Message, StringComparison.Ordinal);
        }

        DataFolder.Take(data).Dispose();
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Two);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private Task ApplyAsync(string text)
    {
        var next = SettingsReader.Read(Path.Combine(_box.Folder, "heldar.yaml"), text, _ => null);
        return _box.Cameras.ApplyYamlAsync(next.Cameras, next.Recording.SegmentSeconds, CancellationToken.None);
    }
}
