using Heldar.Cloud.Queues;
using Heldar.Contracts.Queues;
using Heldar.Local.Processes;
using Heldar.Testing;
using Microsoft.Playwright;
using NodaTime;
using Npgsql;

namespace Heldar.EndToEnd;

/// <summary>A box sends a segment that the index refuses; a person finds it in Chromium, mends it, sends it again, and the footage is in the index.</summary>
[Collection(typeof(SharedPortal))]
public sealed class DeadLettersAreMendedInThePortal(PortalFixture portal)
{
    [Fact]
    public async Task Footage_IsFound_OnceItsLetterIsMended()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var database = NpgsqlDataSource.Create(portal.Stack.Database);
        using var box = new TestBox { Site = "harbour" };
        await box.RegisterAsync(database);
        var camera = await box.AddCameraAsync(database, "pier");
        var start = SystemClock.Instance.GetCurrentInstant() - Duration.FromMinutes(10);
        var good = TestBox.Segment(camera, start, Duration.FromSeconds(30));
        var queues = new QueueStore(portal.Stack.Storage);
        await queues.SendAsync(QueueNames.InShard(QueueNames.Segments, "0"), box.Seal([box.Event(good with { Bytes = -15 }), box.Event(TestBox.Segment(camera, start, Duration.FromSeconds(1)) with { Bytes = -16 })]).ToBytes(), TimeSpan.Zero, cancellation);

        var page = await portal.OpenAsync();
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Dead letters" }).ClickAsync();
        await page.GetByTestId("letter-row").Nth(1).WaitForAsync();
        Assert.Empty(await FoundAsync(page, camera));
        await OpenAsync(page, "-15");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Mend", Exact = true }).ClickAsync();
        var editor = page.GetByTestId("letter-editor");
        await editor.FillAsync((await editor.InputValueAsync()).Replace("\"bytes\": -15,", "\"bytes\": 15000000,", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Save", Exact = true }).ClickAsync();
        var changes = page.GetByTestId("letter-changes");
        await changes.WaitForAsync();
        Assert.Contains("data.bytes", await changes.InnerTextAsync(), StringComparison.Ordinal);
        var screenshot = Path.Combine(AppContext.BaseDirectory, "screenshots", "dead-letters.png");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = screenshot });

        await page.GetByTestId("letter-panel").GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Send again" }).ClickAsync();
        await Readiness.WaitAsync("the letter is applied", async _ => await page.GetByTestId("letter-panel").GetAttributeAsync("data-status") == "applied", TimeSpan.FromSeconds(40), null, cancellation);
        Assert.Equal([good.Segment.ToString("D")], await FoundAsync(page, camera));
        Assert.True(new FileInfo(screenshot).Length > 10_000);

        // The other one is dropped, after a second question.
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Close" }).ClickAsync();
        await OpenAsync(page, "-16");
        var panel = page.GetByTestId("letter-panel");
        await panel.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Drop…" }).ClickAsync();
        await panel.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Drop for good" }).ClickAsync();
        await Readiness.WaitAsync("the letter is dropped", async _ => await panel.GetAttributeAsync("data-status") == "dropped", TimeSpan.FromSeconds(40), null, cancellation);
        Assert.Equal([good.Segment.ToString("D")], await FoundAsync(page, camera));
        await page.CloseAsync();
    }

    /// <summary>Opens the letters one after the other until one holds a text.</summary>
    private static async Task OpenAsync(IPage page, string text)
    {
        var rows = page.GetByTestId("letter-row");
        for (var i = 0; i < await rows.CountAsync(); i++)
        {
            await rows.Nth(i).GetByRole(AriaRole.Button).ClickAsync();
            await page.GetByTestId("letter-text").WaitForAsync();
            if ((await page.GetByTestId("letter-text").InnerTextAsync()).Contains($"\"bytes\": {text},", StringComparison.Ordinal)) return;
        }

        Assert.Fail($"no letter holds {text}");
    }

    /// <summary>Segments of a camera that the portal's search finds.</summary>
    private static Task<string[]> FoundAsync(IPage page, Guid camera) => page.EvaluateAsync<string[]>(
        """
        async camera => {
          const now = Date.now();
          const query = new URLSearchParams({ cameras: camera, from: new Date(now - 3600000).toISOString(), to: new Date(now).toISOString() });
          return (await (await fetch('/api/v1/recordings?' + query)).json()).items.map(item => item.segment);
        }
        """,
        camera.ToString("D"));
}
