using Heldar.Cloud.Days;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Queues;
using Heldar.Testing;
using Microsoft.Playwright;
using NodaTime;
using Npgsql;

namespace Heldar.EndToEnd;

/// <summary>A person sees in Chromium what waits in queues and on boxes, that timers run and a letter is open; and how much of each camera's footage is there, and why the rest is not.</summary>
[Collection(typeof(SharedPortal))]
public sealed class OperationAndCoverageAreSeenInThePortal(PortalFixture portal)
{
    private const int Patience = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Operations_ShowsWhatWaits_AndWhatIsWell()
    {
        await using var database = NpgsqlDataSource.Create(portal.Stack.Database);
        using var silent = new TestBox { Site = "harbour" };
        await silent.RegisterAsync(database);
        var camera = await silent.AddCameraAsync(database, "lock");
        var queues = new QueueStore(portal.Stack.Storage);
        // Nothing reads this queue, so its message stays.
        await queues.SendAsync(QueueNames.InShard(QueueNames.Archive, "0"), "waits"u8.ToArray(), TimeSpan.Zero, Token);
        var start = SystemClock.Instance.GetCurrentInstant() - Duration.FromMinutes(10);
        await queues.SendAsync(QueueNames.InShard(QueueNames.Segments, "0"), silent.Seal([silent.Event(TestBox.Segment(camera, start, Duration.FromSeconds(1)) with { Bytes = -17 })]).ToBytes(), TimeSpan.Zero, Token);

        var page = await portal.OpenAsync();
        page.SetDefaultTimeout(Patience);
        await page.GetByRole(AriaRole.Link, new() { Name = "Operations" }).ClickAsync();
        await HasTextAsync(page.GetByTestId("queue-archive-0"), "1");
        await HasTextAsync(page.GetByTestId("queue-segments-0").GetByRole(AriaRole.Link), "1");
        await HasTextAsync(page.GetByTestId("letters-open"), "1");
        await HasTextAsync(page.GetByTestId("timer-FoldSpans"), "On time");
        await HasTextAsync(page.GetByTestId("timer-RequeueWebhooks"), "15 s");
        await HasTextAsync(page.GetByTestId("index-version"), "Version 1");
        await HasTextAsync(page.GetByTestId($"lag-{silent.Id:D}"), "Unknown for");
        await HasTextAsync(page.GetByTestId($"lag-{await RealBoxAsync(database):D}"), "Up to date");
        await HasTextAsync(page.GetByTestId("operation-causes"), "1 dead letter is open");
        await HasTextAsync(page.GetByTestId("operation-causes"), "offline");
        var screenshot = await ShootAsync(page, "operations.png");

        // A fleet that does not answer is said, and what was seen stays.
        await page.RouteAsync("**/api/v1/operation", route => route.FulfillAsync(new() { Status = 503, ContentType = "application/json", Body = """{"error":"the database cannot be reached","code":"unavailable"}""" }));
        await HasTextAsync(page.GetByRole(AriaRole.Alert), "The database cannot be reached. What you see is from before.");
        Assert.Contains("On time", await page.GetByTestId("timer-FoldSpans").InnerTextAsync(), StringComparison.Ordinal);
        await page.UnrouteAsync("**/api/v1/operation");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0, new() { Timeout = Patience });

        await page.GetByTestId("queue-segments-0").GetByRole(AriaRole.Link).ClickAsync();
        await page.GetByTestId("letter-row").First.WaitForAsync();
        Assert.True(new FileInfo(screenshot).Length > 10_000);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Coverage_SaysHowMuchIsThere_AndWhyTheRestIsNot()
    {
        await using var database = NpgsqlDataSource.Create(portal.Stack.Database);
        using var box = new TestBox { Site = "harbour" };
        await box.RegisterAsync(database);
        var (good, bad) = (await box.AddCameraAsync(database, "crane"), await box.AddCameraAsync(database, "quay"));
        var now = SystemClock.Instance.GetCurrentInstant();
        var hour = Instant.FromUnixTimeSeconds(now.ToUnixTimeSeconds() / 3600 * 3600) - Duration.FromHours(1);
        await new DayPartitions(database).EnsureAsync(DayTable.Coverage, [.. Enumerable.Range(0, 20).Select(h => DayTable.DayOf(hour - Duration.FromHours(h))).Distinct()], Token);
        await using (var command = database.CreateCommand(
            """
            insert into coverage (tenant, camera, day, hour, wanted_ms, present_ms, missing_ms, causes, counted_at)
            select 'main', c.camera, (h.at at time zone 'UTC')::date, h.at, 3600000, 3600000 - m.ms, m.ms,
                case when m.ms = 0 then '{}'::jsonb else '{"camera_unreachable": 600000, "process_down": 120000}'::jsonb end, now()
            from generate_series(0, 19) n cross join lateral (select @hour - n * interval '1 hour' as at) h cross join unnest(@cameras) c (camera)
            cross join lateral (select case when c.camera = @bad and n = 3 then 720000 else 0 end as ms) m
            """))
        {
            command.Parameters.AddWithValue("hour", hour.ToDateTimeUtc());
            command.Parameters.AddWithValue("cameras", new[] { good, bad });
            command.Parameters.AddWithValue("bad", bad);
            await command.ExecuteNonQueryAsync(Token);
        }

        var page = await portal.OpenAsync();
        page.SetDefaultTimeout(Patience);
        await page.GetByRole(AriaRole.Link, new() { Name = "Coverage" }).ClickAsync();
        var row = page.GetByTestId($"coverage-{bad:D}");
        // 20 hours, of which 12 minutes are missing.
        await HasTextAsync(row, "99.0 %");
        await HasTextAsync(row, "10 min: the camera did not answer; 2 min: the box was not running");
        await HasTextAsync(page.GetByTestId($"coverage-{good:D}"), "100 %");
        await row.GetByRole(AriaRole.Button).ClickAsync();
        var steps = page.GetByTestId("coverage-steps").Locator("tbody tr");
        await HasTextAsync(steps.Filter(new() { HasText = "80.0 %" }), "12 min");
        var screenshot = await ShootAsync(page, "coverage.png");

        var choices = page.GetByRole(AriaRole.Group, new() { Name = "What is shown" }).Locator("select");
        await choices.Nth(1).SelectOptionAsync(good.ToString("D"));
        await Assertions.Expect(row).ToHaveCountAsync(0, new() { Timeout = Patience });
        await choices.Nth(2).SelectOptionAsync("7d");
        await page.GetByRole(AriaRole.Columnheader, new() { Name = "By day" }).WaitForAsync();
        await HasTextAsync(page.GetByTestId($"coverage-{good:D}"), "100 %");
        await choices.Nth(0).SelectOptionAsync("");
        Assert.True(new FileInfo(screenshot).Length > 10_000);
        await page.CloseAsync();
    }

    private static Task HasTextAsync(ILocator element, string text) => Assertions.Expect(element).ToContainTextAsync(text, new() { Timeout = Patience });

    private static async Task<string> ShootAsync(IPage page, string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "screenshots", name);
        await page.ScreenshotAsync(new() { Path = path });
        return path;
    }

    /// <summary>The box of the stack that really runs.</summary>
    private static async Task<Guid> RealBoxAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("select box from box where name <> 'test box'");
        return (Guid)(await command.ExecuteScalarAsync(Token))!;
    }
}
