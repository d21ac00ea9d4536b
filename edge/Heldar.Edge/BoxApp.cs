using System.Net;
using Heldar.Edge.Access;
using Heldar.Edge.Anr;
using Heldar.Edge.Api;
using Heldar.Edge.Audit;
using Heldar.Edge.CameraEvents;
using Heldar.Edge.Cameras;
using Heldar.Edge.Desired;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Events;
using Heldar.Edge.Gaps;
using Heldar.Edge.Health;
using Heldar.Edge.Holds;
using Heldar.Edge.Ingest;
using Heldar.Edge.Jobs;
using Heldar.Edge.Metrics;
using Heldar.Edge.Mirror;
using Heldar.Edge.Playback;
using Heldar.Edge.PreRoll;
using Heldar.Edge.Recorder;
using Heldar.Edge.Recovery;
using Heldar.Edge.RemoteAccess;
using Heldar.Edge.Retention;
using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Schedules;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Snapshots;
using Heldar.Edge.Store;
using Heldar.Edge.Telemetry;
using Heldar.Edge.Upkeep;
using Heldar.Edge.Uplink;
using Heldar.Edge.Watchdog;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using NodaTime;

namespace Heldar.Edge;

/// <summary>
/// Composes the rooms. Hosted services start in this order and stop in the opposite one: the API opens last and closes first, cameras close their
/// segments before the store ends.
/// </summary>
internal static partial class BoxApp
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(9);

    public static WebApplication Build(BoxSettings settings, IClock clock, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        var levels = new LogLevels();
        Host(builder, settings, levels);
        builder.Services
            .AddSingleton(settings)
            .AddSingleton(clock)
            .AddSecrets(settings.DataFolder, BoxSecrets.Columns)
            .AddApi()
            .AddAccess()
            .AddEnrolment(settings)
            .AddStore(StoreOf(settings))
            .AddAudit()
            .AddDesired(settings.DataFolder, BoxDesired.Tables)
            .AddRuntimeSettings()
            .AddRecorder(settings)
            .AddRecovery()
            .AddPreRoll(settings)
            .AddIngest()
            .AddSchedules()
            .AddEvents()
            .AddJobs()
            .AddCameras()
            .AddCameraEvents()
            .AddGaps()
            .AddAnr()
            .AddPlayback()
            .AddHolds()
            .AddRetention()
            .AddMirror()
            .AddSnapshots()
            .AddUplink(settings)
            .AddRemoteAccess(settings)
            .AddHealth()
            .AddBoxMetrics()
            .AddUpkeep()
            .AddWatchdog()
            .AddTelemetry(settings, levels);
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseRouting();
        app.UseRequestSpans();
        app.UseAccess();
        app.MapAccess();
        app.MapHealth();
        app.MapSystem();
        app.MapMetrics();
        app.MapRuntimeSettings();
        app.MapCameras();
        app.MapSchedules();
        app.MapEvents();
        app.MapCameraEvents();
        app.MapJobs();
        app.MapSegments();
        app.MapGaps();
        app.MapAnr();
        app.MapMedia();
        app.MapHolds();
        app.MapRetention();
        app.MapMirror();
        app.MapUpkeep();
        app.MapSnapshots();
        app.MapOpenApi("/openapi/{documentName}.json").Needs(Capability.None).HasNoCameras();
        app.Lifetime.ApplicationStarted.Register(() => TellAddress(app));
        return app;
    }

    /// <summary>Where the box's database is.</summary>
    public static StoreOptions StoreOf(BoxSettings settings) => new() { File = StoreOptions.FileIn(settings.DataFolder) };

    /// <summary>Runs the box until it is asked to stop, and stops it in order: also when a part could not start, for then cameras may record already in a box that nobody reaches.</summary>
    /// <exception cref="IOException">It cannot listen on its address, which the message names.</exception>
    public static async Task RunAsync(WebApplication app, CancellationToken cancellation)
    {
        try
        {
            await app.StartAsync(cancellation);
        }
        catch
        {
            await app.StopAsync(CancellationToken.None);
            throw;
        }

        await app.WaitForShutdownAsync(cancellation);
    }

    /// <summary>On the first start of a data folder, makes an admin key and the set-up code of the first account and prints them: the only time they are seen.</summary>
    public static void PrintFirstKey(WebApplication app)
    {
        var keys = app.Services.GetRequiredService<ApiKeys>();
        if (keys.Any()) return;
        Console.WriteLine($"API key of this box (shown once): {keys.Add("first", BoxRole.Admin)}");
        if (!app.Services.GetRequiredService<AccountMark>().IsSet)
            Console.WriteLine($"Set-up code for the first account (works once, for {SetupCodes.Lifetime.TotalHours:0} hours): {app.Services.GetRequiredService<SetupCodes>().Create()}");
    }

    private static void Host(WebApplicationBuilder builder, BoxSettings settings, LogLevels levels)
    {
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
        builder.Logging.AddBoxLogging(settings.Log, levels);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
            kestrel.Limits.MaxConcurrentConnections = 512;
            var (host, port) = (settings.Listen.Host, settings.Listen.Port);
            if (settings.Listen.IsLoopback && !IPAddress.TryParse(host.Trim('[', ']'), out _)) kestrel.Listen(IPAddress.Loopback, port);
            else if (IPAddress.TryParse(host.Trim('[', ']'), out var address)) kestrel.Listen(address, port);
            else kestrel.ListenAnyIP(port);
        });
    }

    private static void TellAddress(WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Heldar.Edge");
        foreach (var address in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []) LogListening(log, address);
    }

    [LoggerMessage(1001, LogLevel.Information, "listening on {Address}")]
    private static partial void LogListening(ILogger log, string address);
}
