using System.Threading.RateLimiting;
using Heldar.Cloud.Database;
using Heldar.Cloud.Holds;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Boxes;
using Heldar.Fleet.Cameras;
using Heldar.Fleet.DeadLetters;
using Heldar.Fleet.Enrolment;
using Heldar.Fleet.Health;
using Heldar.Fleet.Holds;
using Heldar.Fleet.Keys;
using Heldar.Fleet.Metrics;
using Heldar.Fleet.Operation;
using Heldar.Fleet.Portal;
using Heldar.Fleet.Posters;
using Heldar.Fleet.RemoteAccess;
using Heldar.Fleet.Search;
using Heldar.Fleet.Settings;
using Heldar.Fleet.Shards;
using Heldar.Fleet.Sites;
using Heldar.Fleet.Webhooks;
using Microsoft.AspNetCore.RateLimiting;
using NodaTime;

namespace Heldar.Fleet;

/// <summary>Puts the rooms together: one replica of the service, or the services alone for a command.</summary>
internal static class FleetApp
{
    /// <summary>What every room and every command needs: database, clock and the rooms' services.</summary>
    public static IServiceCollection AddFleet(this IServiceCollection services, FleetOptions options)
    {
        services.AddSingleton(options).AddSingleton<IClock>(SystemClock.Instance).AddSingleton(TunnelLimits.Of(options));
        services.AddHeldarDatabase(options.Database);
        services.AddAccess().AddBoxes().AddEnrolment().AddSearch(options).AddRemoteAccess().AddDeadLetters(options).AddWebhooks(options).AddOperation().AddFleetMetrics();
        return services.AddSingleton<AuditTrail>().AddSingleton<PosterStore>().AddSingleton<CameraDirectory>().AddSingleton<HoldList>();
    }

    /// <summary>Builds a replica that listens once it is started. The database must be migrated.</summary>
    public static WebApplication Create(FleetOptions options, Action<WebApplicationBuilder>? adjust = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = Environments.Production });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Calls refuse more than JsonBody.MaxBytes themselves; the server takes a little more, so that the refusal arrives instead of a reset.
            kestrel.Limits.MaxRequestBodySize = 16 * JsonBody.MaxBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        });
        builder.Logging.ClearProviders().AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "HH:mm:ss.fff ", true));
        // Data protection keys only sign calls between replicas; who can read the table could read everything else as well.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(8));
        builder.Services.ConfigureHttpJsonOptions(json => Adopt(json.SerializerOptions));
        builder.Services.AddOpenApi();
        builder.Services.AddRateLimiter(limiter => Limit(limiter, options));
        builder.Services.AddFleet(options).AddKeys();
        builder.Services.AddSingleton<ShardPlacement>().AddSingleton<ShardProvisioner>().AddHostedService(s => s.GetRequiredService<ShardProvisioner>()).AddHostedService<WebhookReseal>();
        adjust?.Invoke(builder);

        var app = builder.Build();
        app.UseTrustedProxies(options);
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<FailureMiddleware>();
        app.UseRouting();
        app.UseMiddleware<AccessMiddleware>();
        app.UseRateLimiter();
        app.UseWebSockets();
        app.MapHealth();
        app.MapMetrics();
        app.MapAuth();
        app.MapSites();
        app.MapEnrolment();
        app.MapBoxes();
        app.MapCameras();
        app.MapPosters();
        app.MapSearch();
        app.MapHolds();
        app.MapDeadLetters();
        app.MapWebhooks();
        app.MapOperation();
        app.MapFootage();
        app.MapTunnel();
        app.MapOpenApi("/openapi/{documentName}.json").Needs(Need.Nothing);
        app.UseEndpoints(_ => { });
        app.UsePortal(options);
        return app;
    }

    private static void Adopt(System.Text.Json.JsonSerializerOptions json)
    {
        json.MaxDepth = HeldarJson.MaxDepth;
        json.Encoder = HeldarJson.Options.Encoder;
        HeldarJson.Configure(json);
    }

    private static void Limit(RateLimiterOptions limiter, FleetOptions options)
    {
        limiter.OnRejected = (rejected, _) => new ValueTask(Answers.WriteAsync(
            rejected.HttpContext, Refusal.Of(429, ErrorCodes.TooMany, "too many attempts from this address; wait a minute")));
        limiter.AddPolicy(AuthEndpoints.RateLimit, context => RateLimitPartition.GetFixedWindowLimiter(
            TrustedProxies.RateKey(context.Connection.RemoteIpAddress),
            _ => new FixedWindowRateLimiterOptions { PermitLimit = options.SignInsPerMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));
    }
}
