using System.Globalization;
using System.Net.Sockets;
using Heldar.Local.Cameras;
using Heldar.Local.Processes;
using Microsoft.Playwright;

namespace Heldar.EndToEnd;

/// <summary>
/// A person opens the portal in Chromium and watches footage of a box that only dials out. Judged by the numbers in the rendered pixels, beside those that ffmpeg
/// finds in the file on the box's disk.
/// </summary>
public sealed class PortalPlaysABoxThatNobodyCanReach(PortalFixture portal) : IClassFixture<PortalFixture>
{
    private const string ReadCells =
        """
        () => {
          const video = document.querySelector('[data-testid=player-video]');
          const side = Math.max(16, Math.floor(video.videoHeight / 45 / 2) * 2);
          const canvas = document.createElement('canvas');
          canvas.width = video.videoWidth; canvas.height = side;
          const context = canvas.getContext('2d');
          context.drawImage(video, 0, 0);
          const row = context.getImageData(0, side / 2, side * 34, 1).data;
          const cells = [];
          for (let i = 0; i < 34; i++) cells.push(row[(i * side + side / 2) * 4 + 1]);
          return cells;
        }
        """;

    private const string PosterIsShown = "() => [...document.images].some(i => (i.src.includes('/poster') || i.src.startsWith('blob:')) && i.naturalWidth > 0)";

    [Fact]
    public async Task Box_CannotBeReachedFromOutside()
    {
        using var socket = new TcpClient();

        await Assert.ThrowsAnyAsync<SocketException>(() => socket.ConnectAsync("127.0.0.1", portal.Box.Url.Port, TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task Picture_IsTheOneThatTheBoxRecorded()
    {
        var page = await portal.OpenAsync();
        var camera = await portal.RowAsync(page, "gate");
        var moment = await portal.MomentAsync("gate");
        await PortalFixture.ClickTimelineAsync(page, camera, moment);
        await UntilAsync("the video plays", () => page.EvaluateAsync<bool>("() => { const v = document.querySelector('[data-testid=player-video]'); return v && !v.paused && v.currentTime > 0 && v.readyState >= 3; }"));
        var first = await ShownAsync(page);
        await UntilAsync("the picture moves on", async () => await ShownAsync(page) is { } now && first is not null && now.Number != first.Number);
        await page.GetByTestId("player-video").ClickAsync();
        await UntilAsync("the video is paused", () => page.EvaluateAsync<bool>("() => document.querySelector('[data-testid=player-video]').paused"));

        var shown = await StillAsync(page);
        var truth = await OnDiskAsync("gate", shown.At);

        Assert.InRange(truth.Count == 0 ? int.MaxValue : truth.Min(n => Math.Abs(n - shown.Number)), 0, 1);
        await page.CloseAsync();
    }

    [Fact]
    public async Task CodecThatTheBrowserCannotDecode_IsSaid_WithAPoster()
    {
        var page = await portal.OpenAsync();
        var camera = await portal.RowAsync(page, "yard");
        var moment = await portal.MomentAsync("yard");
        await PortalFixture.ClickTimelineAsync(page, camera, moment);
        var message = page.GetByTestId("player-message");
        await message.WaitForAsync();

        Assert.Equal("codec", await message.GetAttributeAsync("data-reason"));
        Assert.Contains("H.265", await message.InnerTextAsync(), StringComparison.Ordinal);
        await UntilAsync("the poster is shown", () => page.EvaluateAsync<bool>(PosterIsShown));
        await page.CloseAsync();
    }

    [Fact]
    public async Task BoxThatIsOff_IsSaid_WithAPoster()
    {
        var page = await portal.OpenAsync();
        var camera = await portal.RowAsync(page, "gate");
        var moment = await portal.MomentAsync("gate");
        await PortalFixture.ClickTimelineAsync(page, camera, moment);
        await UntilAsync("the video plays", () => page.EvaluateAsync<bool>("() => document.querySelector('[data-testid=player-video]')?.currentTime > 0"));
        await UntilAsync("the fleet keeps a poster", () => page.EvaluateAsync<bool>("async camera => (await fetch(`/api/v1/cameras/${camera}/poster`)).ok", camera));
        await portal.WithoutBoxAsync(async () =>
        {
            var later = await portal.OpenAsync();
            await later.GetByTestId("camera-row-gate").WaitForAsync();
            await PortalFixture.ClickTimelineAsync(later, camera, moment);
            var message = later.GetByTestId("player-message");
            await message.WaitForAsync();

            Assert.Equal("boxOffline", await message.GetAttributeAsync("data-reason"));
            await UntilAsync("the poster is shown", () => later.EvaluateAsync<bool>(PosterIsShown));
            await later.CloseAsync();
        });
        await page.CloseAsync();
    }

    private static Task UntilAsync(string what, Func<Task<bool>> condition) => Readiness.WaitAsync(what, _ => condition(), TimeSpan.FromSeconds(40), null, TestContext.Current.CancellationToken);

    /// <summary>Number in the rendered pixels and wall clock of the picture; null while no marks can be read.</summary>
    private static async Task<Shown?> ShownAsync(IPage page)
    {
        var cells = await page.EvaluateAsync<int[]>(ReadCells);
        var at = await page.GetByTestId("player-time").GetAttributeAsync("datetime");
        var grey = cells.Select(c => (byte)c).ToArray();
        return FrameStrip.Read(grey, FrameStrip.Cells, side: 1) is { } number && at is not null ? new(number, DateTimeOffset.Parse(at, CultureInfo.InvariantCulture)) : null;
    }

    /// <summary>What stands still on the screen: read until two readings agree.</summary>
    private static async Task<Shown> StillAsync(IPage page)
    {
        Shown? last = null;
        await UntilAsync("the picture stands still", async () =>
        {
            var now = await ShownAsync(page);
            var same = now is not null && now == last;
            last = now;
            return same;
        });
        return last!;
    }

    /// <summary>Frame numbers that ffmpeg finds in the file on the box's disk, within 60 ms of a moment.</summary>
    private async Task<IReadOnlyList<int>> OnDiskAsync(string slug, DateTimeOffset at)
    {
        var file = portal.Files(slug).Select(f => (Path: f, Start: PortalFixture.StartOf(f))).Where(f => f.Start <= at).MaxBy(f => f.Start);
        var offset = (at - file.Start).TotalSeconds;
        var raw = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            // All pictures of the segment, decoded; those near the moment are compared.
            string[] arguments = ["-v", "error", "-y", "-i", file.Path, "-vf", "crop=iw:16:0:0,format=gray", "-f", "rawvideo", raw];
            (await Tool.RunAsync("ffmpeg", arguments, TestContext.Current.CancellationToken)).OutputOrThrow("ffmpeg");
            var pixels = await File.ReadAllBytesAsync(raw, TestContext.Current.CancellationToken);
            const int frame = 1280 * 16;
            return [.. Enumerable.Range(0, pixels.Length / frame)
                .Where(i => Math.Abs((i / 25.0) - offset) <= 0.06)
                .Select(i => FrameStrip.Read(pixels.AsSpan(i * frame, frame), 1280, FrameStrip.Side(720)))
                .OfType<int>()];
        }
        finally
        {
            File.Delete(raw);
        }
    }

    private sealed record Shown(int Number, DateTimeOffset At);
}
