using Heldar.Contracts.Api;
using Heldar.Edge.Playback;
using Heldar.Edge.RemoteAccess;
using Heldar.Edge.Snapshots;
using Heldar.Edge.Tests.Api;
using NodaTime;

namespace Heldar.Edge.Tests.RemoteAccess;

public sealed class BoxTunnelContentTests : IAsyncLifetime
{
    private static readonly Guid Camera = Guid.Parse("01938e20-0000-7000-8000-0000000000aa");
    private readonly TemporaryFolder _folder = new();
    private readonly JpegDecoder _decoder = new();
    private BoxFixture _box = null!;
    private BoxTunnelContent _content = null!;

    [Theory]
    [InlineData("2026-11-21T04:30:00Z")]
    [InlineData("2026-11-21T04%3A30%3A10.5Z")]
    [InlineData("1795235400000")]
    public async Task Footage_IsFoundByTime_InBothForms(string start)
    {
        using var answer = await AskAsync($"/footage/{Camera:D}/{start}");
        Assert.Equal((200, "video/mp4", 10L), (answer.Head!.Status, answer.Head.ContentType, answer.Head.ContentLength!.Value));
        Assert.Equal("0123456789", await new StreamReader(answer.Body!).ReadToEndAsync());
    }

    [Theory]
    [InlineData("bytes=2-4", 206, "bytes 2-4/10", "234")]
    [InlineData("bytes=8-", 206, "bytes 8-9/10", "89")]
    [InlineData("bytes=-3", 206, "bytes 7-9/10", "789")]
    [InlineData("bytes=-99", 206, "bytes 0-9/10", "0123456789")]
    [InlineData("bytes=0-99", 206, "bytes 0-9/10", "0123456789")]
    [InlineData("bytes=10-", 416, "bytes */10", "")]
    [InlineData("bytes=-0", 416, "bytes */10", "")]
    [InlineData("bytes=1-2,4-5", 200, null, "0123456789")]
    [InlineData("bytes=4-2", 200, null, "0123456789")]
    [InlineData("bytes=99999999999999999999-", 200, null, "0123456789")]
    [InlineData("lines=1-2", 200, null, "0123456789")]
    [InlineData("bytes=-", 200, null, "0123456789")]
    public async Task Range_IsCutToTheFile(string range, int status, string? contentRange, string expected)
    {
        using var answer = await AskAsync($"/footage/{Camera:D}/2026-11-21T04:30:00Z", range);
        Assert.Equal((status, contentRange), (answer.Head!.Status, answer.Head.ContentRange));
        Assert.Equal(expected, await new StreamReader(answer.Body!).ReadToEndAsync());
        Assert.Equal(expected.Length, answer.Head.ContentLength);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/footage/../../etc/passwd")]
    [InlineData("/footage/01938e20-0000-7000-8000-0000000000aa/../../../etc/passwd")]
    [InlineData("/footage/01938e20-0000-7000-8000-0000000000aa/yesterday")]
    [InlineData("/footage/01938e20-0000-7000-8000-0000000000aa/99999999999999999")]
    [InlineData("/footage/01938e20-0000-7000-8000-0000000000aa/-1")]
    [InlineData("/footage/01938e20-0000-7000-8000-0000000000aa/%zz")]
    [InlineData("/footage/01938e20-0000-7000-8000-0000000000aa/2020-01-01T00:00:00Z")]
    [InlineData("/footage/00000000-0000-0000-0000-000000000000/2026-11-21T04:30:00Z")]
    [InlineData("/footage/{01938e20-0000-7000-8000-0000000000aa}/2026-11-21T04:30:00Z")]
    [InlineData("/poster/00000000-0000-0000-0000-000000000000")]
    [InlineData("/poster/x")]
    [InlineData("/api/v1/cameras")]
    public async Task WhatItDoesNotKnow_IsNotFound(string path)
    {
        using var answer = await AskAsync(path);
        Assert.Equal(ErrorCodes.NotFound, answer.Error!.Code);
    }

    [Fact]
    public async Task OtherMethods_AreRefused()
    {
        using var answer = await _content.OpenAsync(new TunnelRequest("DELETE", $"/poster/{Camera:D}"), CancellationToken.None);
        Assert.Equal(ErrorCodes.BadRequest, answer.Error!.Code);
    }

    [Fact]
    public async Task VanishedFile_IsNotFound()
    {
        File.Delete(_folder.File("a.mp4"));
        using var answer = await AskAsync($"/footage/{Camera:D}/2026-11-21T04:30:00Z");
        Assert.Equal(ErrorCodes.NotFound, answer.Error!.Code);
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync();
        await File.WriteAllTextAsync(_folder.File("a.mp4"), "0123456789");
        var footage = new FakeFootage();
        var start = Instant.FromUtc(2026, 11, 21, 4, 30);
        footage.Items.Add(new Footage(Guid.NewGuid(), Camera, start, start + Duration.FromSeconds(30), 10, _folder.File("a.mp4")));
        _content = new BoxTunnelContent(footage, new PosterCache(_box.Cameras, _decoder, _box.Clock));
    }

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        _decoder.Dispose();
        _folder.Dispose();
    }

    private Task<TunnelAnswer> AskAsync(string path, string? range = null) => _content.OpenAsync(new TunnelRequest("GET", path, range), CancellationToken.None);
}
