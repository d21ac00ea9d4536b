using Heldar.Cloud.Migrations;
using Heldar.Contracts;
using Heldar.Fleet.Access;
using Heldar.Fleet.Shards;
using Npgsql;

namespace Heldar.Fleet.Health;

internal sealed record Readiness(bool Ready, IReadOnlyList<string> Causes);

/// <summary>
/// <c>/healthz</c>: the process answers. <c>/readyz</c>: it can do its work, or every cause why not. Anybody may ask, so addresses and the words of other
/// programs go to the log alone.
/// </summary>
internal static partial class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/healthz", () => Results.Json(new { status = "alive" }, HeldarJson.Options)).Needs(Need.Nothing).WithTags("Health");
        app.MapGet("/readyz", ReadyAsync).Needs(Need.Nothing).WithTags("Health").Produces<Readiness>().Produces<Readiness>(503);
    }

    private static async Task<IResult> ReadyAsync(HttpContext context, NpgsqlDataSource database, ShardProvisioner shards, ILoggerFactory logs)
    {
        List<string> causes = [];
        if (await DatabaseCauseAsync(database, logs, context.RequestAborted) is { } cause) causes.Add(cause);
        if (shards.Missing is { } missing) causes.Add(missing);
        return Results.Json(new Readiness(causes.Count == 0, causes), HeldarJson.Options, statusCode: causes.Count == 0 ? 200 : 503);
    }

    private static async Task<string?> DatabaseCauseAsync(NpgsqlDataSource database, ILoggerFactory logs, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            return await SchemaVersion.CheckAsync(database, limit.Token);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            DatabaseSilent(logs.CreateLogger(typeof(HealthEndpoints)), failure.Message);
            return "the database does not answer";
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "not ready, the database does not answer: {Cause}")]
    private static partial void DatabaseSilent(ILogger log, string cause);
}
