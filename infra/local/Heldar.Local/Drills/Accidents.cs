using Heldar.Local.Emulator;
using Heldar.Local.Processes;
using Npgsql;

namespace Heldar.Local.Drills;

/// <summary>Kills the cloud's parts in turn, with SIGKILL, and starts them again. One caller at a time.</summary>
internal sealed class Accidents(Stack stack, Action<string> say)
{
    /// <summary>Names of the parts, in order. The handler is killed alone: the functions host stays and starts it again.</summary>
    public static readonly IReadOnlyList<string> Victims = ["functions", "postgres", "azurite", "fleet", "handler"];

    private static readonly TimeSpan Persisted = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Back = TimeSpan.FromSeconds(60);
    private readonly Dictionary<string, int> _kills = Victims.ToDictionary(victim => victim, _ => 0, StringComparer.Ordinal);

    /// <summary>How often each part was killed.</summary>
    public IReadOnlyDictionary<string, int> Kills => _kills;

    /// <summary>Kills <paramref name="runs"/> times: waits, kills, leaves it down, and starts it again.</summary>
    public async Task RunAsync(int runs, TimeSpan calm, TimeSpan down, CancellationToken cancellation)
    {
        for (var run = 0; run < runs; run++)
        {
            await Task.Delay(calm, cancellation);
            string victim = Victims[run % Victims.Count];
            say($"kill -9 {victim} ({run + 1} of {runs})");
            if (victim == "handler") await KillHandlerAsync(cancellation);
            else await KillAsync(Service(victim), down, cancellation);
            _kills[victim]++;
        }
    }

    private Service Service(string victim) => victim switch
    {
        "functions" => stack.FunctionsService,
        "postgres" => stack.PostgresService,
        "azurite" => stack.AzuriteService,
        _ => stack.FleetService,
    };

    private async Task KillAsync(Service service, TimeSpan down, CancellationToken cancellation)
    {
        if (service == stack.AzuriteService) await BlobsAreOnDiskAsync(cancellation);

        // A PostgreSQL server's workers lead groups of their own.
        IReadOnlyList<ProcessIdentity> workers = service == stack.PostgresService ? service.Child!.Identity.Children() : [];
        await service.KillAsync();
        foreach (ProcessIdentity worker in workers) worker.Signal(Signals.Kill);
        await Task.Delay(down, cancellation);
        await service.StartAsync(cancellation);
    }

    private async Task KillHandlerAsync(CancellationToken cancellation)
    {
        ProcessIdentity host = stack.FunctionsService.Child!.Identity;
        ProcessIdentity handler = host.Children() is [var only] ? only : throw new ProcessException("the functions host does not have one child, its handler");
        handler.Signal(Signals.Kill);
        await Readiness.WaitAsync("the host has started its handler again", _ => Task.FromResult(host.Children() is [var next] && next != handler), Back, null, cancellation);
    }

    /// <summary>Waits until Azurite has written its catalogue of blobs since the newest manifest was put.</summary>
    private Task BlobsAreOnDiskAsync(CancellationToken cancellation) => Readiness.WaitAsync(
        "Azurite's catalogue of blobs is on disk",
        async token =>
        {
            await using var database = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(stack.Database) { Pooling = false }.ConnectionString);
            await database.OpenAsync(token);
            await using var newest = new NpgsqlCommand("select max(folded_at) from span", database);
            return await newest.ExecuteScalarAsync(token) is not DateTime folded || File.GetLastWriteTimeUtc(Path.Combine(stack.Folder.Azurite, "__azurite_db_blob__.json")) > folded;
        },
        Persisted, null, cancellation);
}
