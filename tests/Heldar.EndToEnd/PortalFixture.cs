using System.Globalization;
using Heldar.Local.Cameras;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;
using Heldar.Testing;
using Microsoft.Playwright;

namespace Heldar.EndToEnd;

/// <summary>
/// One site whose box runs in a network that nobody can reach, with an H.264 camera (with G.711 audio) and an H.265 one; everything else on this machine; and a real Chromium that is
/// signed in to the portal with the one-time code.
/// </summary>
public sealed class PortalFixture : IAsyncLifetime
{
    private const string Password = "correct horse battery staple";

    private readonly string _folder = TemporaryFolder.Create("end-to-end");
    private IsolatedNetwork? _network;
    private Stack? _stack;
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IBrowserContext? _context;
    private DateTimeOffset _boxStarted;

    internal Stack Stack => _stack ?? throw new InvalidOperationException("the stack did not start");

    internal Box Box => Stack.Boxes[0];

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await StackPrerequisites.EnsureAsync(_ => { }, cancellation);
        CameraSpec[] cameras =
        [
            new("gate", new FootageRecipe("h264", 720, 25, 1, FootageRecipe.UsualKilobits("h264", 720), false)) { Audio = "pcmu" },
            new("yard", new FootageRecipe("h265", 720, 25, 1, FootageRecipe.UsualKilobits("h265", 720), false)),
        ];
        var options = new StackOptions(Path.Combine(_folder, "data"))
        {
            Sites = 1,
            Cameras = cameras,
            SegmentSeconds = 4,
            Durable = false,
            IsolateBoxes = async (ports, token) =>
            {
                _network = await IsolatedNetwork.CreateAsync(Path.Combine(_folder, "network"), ports, token);
                return _network.Enter;
            },
        };
        _stack = await Stack.StartAsync(options, _ => { }, cancellation);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"],
        });
        _context = await _browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1440, Height = 900 } });
        await SetUpAsync(await _stack.SetupCodeAsync(cancellation) ?? throw new InvalidOperationException("a fresh fleet has no setup code"));
    }

    /// <summary>A new page, signed in.</summary>
    public async Task<IPage> OpenAsync()
    {
        var page = await _context!.NewPageAsync();
        page.SetDefaultTimeout(30_000);
        await page.GotoAsync(Stack.Fleet.ToString());
        return page;
    }

    /// <summary>Waits until the portal shows a camera; returns its uid.</summary>
    public async Task<string> RowAsync(IPage page, string slug)
    {
        var row = page.GetByTestId("camera-row-" + slug);
        await row.WaitForAsync();
        using var fleet = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var cookies = string.Join("; ", (await _context!.CookiesAsync()).Select(c => $"{c.Name}={c.Value}"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Stack.Fleet, "/api/v1/cameras"));
        request.Headers.Add("Cookie", cookies);
        using var answer = await fleet.SendAsync(request, TestContext.Current.CancellationToken);
        using var json = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return json.RootElement.EnumerateArray().Single(c => c.GetProperty("slug").GetString() == slug).GetProperty("camera").GetString()!;
    }

    /// <summary>A moment inside the camera's third newest recording since the box was started last: closed, indexed and shown by now.</summary>
    public async Task<DateTimeOffset> MomentAsync(string slug)
    {
        List<DateTimeOffset> starts = [];
        await Readiness.WaitAsync(
            $"{slug} has three recordings",
            _ => Task.FromResult((starts = [.. Files(slug).Select(StartOf).Where(s => s >= _boxStarted).Order()]).Count >= 4),
            TimeSpan.FromSeconds(60), null, TestContext.Current.CancellationToken);
        return starts[^3].AddSeconds(1.5);
    }

    /// <summary>Stops the box for the time of <paramref name="meanwhile"/>.</summary>
    public async Task WithoutBoxAsync(Func<Task> meanwhile)
    {
        await Box.Service.StopAsync(TimeSpan.FromSeconds(10));
        try
        {
            await meanwhile();
        }
        finally
        {
            _boxStarted = TimeProvider.System.GetUtcNow();
            await Box.Service.StartAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Segment files of a camera on the box's disk.</summary>
    public IEnumerable<string> Files(string slug)
    {
        var folder = Path.Combine(Box.Recordings, slug);
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.mp4", SearchOption.AllDirectories) : [];
    }

    /// <summary>Start of a segment by its file's name.</summary>
    public static DateTimeOffset StartOf(string file) =>
        DateTimeOffset.ParseExact(Path.GetFileName(file)[..20], "yyyyMMdd'T'HHmmss'.'fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <summary>Clicks a camera's row where the timeline shows a moment.</summary>
    public static async Task ClickTimelineAsync(IPage page, string camera, DateTimeOffset moment)
    {
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "15 min", Exact = true }).ClickAsync();
        var timeline = page.GetByTestId("timeline");
        var row = page.GetByTestId("timeline-row-" + camera);
        await row.WaitForAsync();
        var (from, to) = (await NumberAsync(timeline, "data-from"), await NumberAsync(timeline, "data-to"));
        var box = await row.BoundingBoxAsync() ?? throw new InvalidOperationException("the row is not shown");
        var at = moment.ToUnixTimeMilliseconds();
        await row.ClickAsync(new LocatorClickOptions { Position = new Position { X = (float)(box.Width * (at - from) / (to - from)), Y = box.Height / 2 } });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_stack is not null) await _stack.DisposeAsync();
        if (_network is not null) await _network.DisposeAsync();
        TemporaryFolder.Delete(_folder);
    }

    private static async Task<double> NumberAsync(ILocator element, string attribute) => double.Parse((await element.GetAttributeAsync(attribute))!, CultureInfo.InvariantCulture);

    private async Task SetUpAsync(string code)
    {
        var page = await OpenAsync();
        var form = page.GetByTestId("setup-form");
        await form.GetByLabel("One-time code").FillAsync(code);
        await form.GetByLabel("Your name").FillAsync("Ada");
        await form.GetByLabel("Password", new LocatorGetByLabelOptions { Exact = true }).FillAsync(Password);
        await form.GetByLabel("Password again").FillAsync(Password);
        await form.GetByRole(AriaRole.Button).ClickAsync();
        await page.GetByTestId("timeline").WaitForAsync();
        await page.CloseAsync();
    }
}
