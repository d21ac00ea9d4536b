using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Heldar.Cloud.Database;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Cloud.Queues;
using Heldar.Cloud.Secrets;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Contracts.Queues;
using Heldar.Local;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Benchmarks.Webhooks;

/// <summary>Real PostgreSQL, Azurite and the functions' worker front, with boxes that are only keys and one endpoint for each of their cameras.</summary>
internal sealed class WebhookStage : IAsyncDisposable
{
    private readonly PostgresServer _postgres;
    private readonly AzuriteServer _azurite;
    private readonly string _keys = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly List<Guid> _endpoints = [];
    private readonly string _folder;
    private NpgsqlDataSource? _database;
    private ChildProcess? _worker;

    private WebhookStage(string folder)
    {
        _folder = folder;
        _postgres = new PostgresServer(new PostgresOptions(Path.Combine(folder, "postgres"), Ports.Free(), Path.Combine(folder, "postgres.log")));
        _azurite = new AzuriteServer(new AzuriteOptions(Path.Combine(folder, "azurite"), Ports.Free(), Ports.Free(), Ports.Free(), Path.Combine(folder, "azurite.log")));
    }

    /// <summary>The boxes with their cameras.</summary>
    public List<(TestBox Box, List<Guid> Cameras)> Boxes { get; } = [];

    public NpgsqlDataSource Database => _database ?? throw new InvalidOperationException("the stage was not started");

    public QueueStore Queues => new(_azurite.ConnectionString);

    public static async Task<WebhookStage> StartAsync(string folder, WebhookReceivers receivers, CancellationToken cancellation)
    {
        var stage = new WebhookStage(folder);
        try
        {
            await stage.StartServersAsync(cancellation);
            await stage.RegisterAsync(receivers, cancellation);
            await stage.StartWorkerAsync(cancellation);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the first endpoints.</summary>
    public Task KillAsync(WebhookReceivers receivers) => MoveAsync(receivers.Dead);

    /// <summary>Brings them back as if nothing had been: what waits for them is forgotten, once no call to them runs.</summary>
    public async Task ReviveAsync(WebhookReceivers receivers, CancellationToken cancellation)
    {
        await Readiness.WaitAsync(
            "no call runs", async token => await ScalarAsync<long>("select count(*) from webhook_delivery where state = 'pending' and claimed_until > now() - interval '1 second'", null, token) == 0,
            TimeSpan.FromSeconds(60), _worker, cancellation);
        await MoveAsync(receivers.Well);
        await using var connection = await Database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(
            """
            update webhook_endpoint set failures = 0, failing_since = null, open_until = null, status = 'enabled';
            delete from webhook_delivery where state = 'pending'
            """);
    }

    /// <summary>When the index had each event, by the database's own record of commits.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> CommittedAsync(CancellationToken cancellation)
    {
        await using var connection = await Database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(string Id, DateTime At)>(new CommandDefinition("select event_id, pg_xact_commit_timestamp(xmin) from zone_event", cancellationToken: cancellation));
        return rows.ToDictionary(r => r.Id, r => new DateTimeOffset(r.At, TimeSpan.Zero), StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        foreach (var (box, _) in Boxes) box.Dispose();
        if (_database is not null) await _database.DisposeAsync();
        await _azurite.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task StartServersAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(_postgres.StartAsync(cancellation), _azurite.StartAsync(cancellation));
        await using (var setting = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_postgres.ConnectionString()) { Pooling = false }.ConnectionString))
            await setting.ExecuteAsync("alter system set track_commit_timestamp = on");
        await _postgres.StopAsync();
        await _postgres.StartAsync(cancellation);
        await _postgres.CreateDatabaseAsync("heldar", cancellation);
        _database = DatabaseServiceCollectionExtensions.Create(_postgres.ConnectionString("heldar"));
        await Migrator.MigrateAsync(_database, cancellation);
        await IndexPartitions.EnsureAsync(_database, SystemClock.Instance.GetCurrentInstant(), cancellation);
        foreach (var queue in QueueNames.All.Select(q => QueueNames.InShard(q, "0")))
        {
            await Queues.CreateAsync(queue, cancellation);
            await Queues.CreateAsync(QueueNames.Poison(queue), cancellation);
        }
    }

    private async Task RegisterAsync(WebhookReceivers receivers, CancellationToken cancellation)
    {
        var box = SecretBox.Parse(_keys, out _);
        for (var b = 0; b < WebhooksPlan.Boxes; b++)
        {
            Boxes.Add((new TestBox { Site = "bench" }, []));
            await Boxes[b].Box.RegisterAsync(Database);
            for (var c = 0; c < WebhooksPlan.CamerasOfABox; c++)
            {
                Boxes[b].Cameras.Add(await Boxes[b].Box.AddCameraAsync(Database, string.Create(CultureInfo.InvariantCulture, $"bench{b}-{c}")));
                var endpoint = Guid.CreateVersion7();
                await using var connection = await Database.OpenConnectionAsync(cancellation);
                await connection.ExecuteAsync(
                    """
                    insert into webhook_endpoint (tenant, endpoint, name, url, secrets) values ('main', @endpoint, 'bench', @url, @secrets);
                    insert into webhook_subscription (tenant, subscription, endpoint, filter) values ('main', @endpoint, @endpoint, @filter::jsonb)
                    """,
                    new
                    {
                        endpoint,
                        url = receivers.Well(_endpoints.Count).ToString(),
                        secrets = box.Seal(JsonSerializer.Serialize(new[] { new WebhookSecret(WebhookSignature.NewSecret()) }, HeldarJson.Options), DeliverySender.SecretsOwner("main", endpoint)),
                        filter = JsonSerializer.Serialize(new EventFilter { Cameras = [Boxes[b].Cameras[c]] }, HeldarJson.Options),
                    });
                _endpoints.Add(endpoint);
            }
        }
    }

    private async Task StartWorkerAsync(CancellationToken cancellation)
    {
        var health = Ports.Free();
        _worker = await ChildProcess.StartAsync(new ChildSpec("worker", Build.Functions, ["worker"], Path.Combine(_folder, "worker.log"))
        {
            Environment = new Dictionary<string, string?>
            {
                ["HELDAR_DATABASE"] = _postgres.ConnectionString("heldar"),
                ["HELDAR_STORAGE"] = _azurite.ConnectionString,
                ["HELDAR_SHARD"] = "0",
                ["HELDAR_HEALTH_PORT"] = health.ToString(CultureInfo.InvariantCulture),
                ["HELDAR_OUTGOING_LOOPBACK"] = "1",
                [SecretBox.Variable] = _keys,
            },
        });
        await Readiness.WaitAsync("the worker is ready", token => Local.Emulator.Probe.OkAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{health}/")), "/readyz", token), TimeSpan.FromSeconds(30), _worker, cancellation);
    }

    private async Task MoveAsync(Func<int, Uri> to)
    {
        await using var connection = await Database.OpenConnectionAsync();
        for (var n = 0; n < WebhooksPlan.Dead; n++) await connection.ExecuteAsync("update webhook_endpoint set url = @url where endpoint = @endpoint", new { endpoint = _endpoints[n], url = to(n).ToString() });
    }

    private async Task<T?> ScalarAsync<T>(string sql, object? values, CancellationToken cancellation)
    {
        await using var connection = await Database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<T>(new CommandDefinition(sql, values, cancellationToken: cancellation));
    }
}
