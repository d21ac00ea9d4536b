using Heldar.Functions;
using Heldar.Functions.Fronts;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Functions.Telemetry;

var options = FunctionsOptions.Read(Environment.GetEnvironmentVariable, out var mistakes);
if (options is null || (options.HandlerPort is null && args is not ["worker"]))
{
    foreach (var mistake in mistakes) await Console.Error.WriteLineAsync(mistake);
    await Console.Error.WriteLineAsync("heldar-functions runs under an Azure Functions host (which sets FUNCTIONS_CUSTOMHANDLER_PORT), or by itself as: heldar-functions worker");
    return 64;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders().AddSimpleConsole(o => (o.SingleLine, o.IncludeScopes) = (true, true)).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
builder.WebHost.UseUrls($"http://{options.Listen}");
builder.WebHost.ConfigureKestrel(k => k.Limits.MaxRequestBodySize = 1024 * 1024);
builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(10));
builder.Services.AddSingleton(TimeProvider.System).AddHandlers(options);
builder.Services.AddHostedService(s => s.GetRequiredService<BreakerReport>());
if (options.HandlerPort is null) builder.Services.AddHostedService<WorkerFront>();

var app = builder.Build();
if (options.HandlerPort is not null) app.MapHandlerFront();
app.MapHealth();
app.MapMetrics();
await app.RunAsync();
return 0;
