using System.Globalization;
using Dapper;
using Heldar.Cloud.Database;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Cloud.Queues;
using Heldar.Cloud.Storage;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Local.Processes;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>A database of its own and a shard of its own: one test's cloud.</summary>
internal sealed class Cloud : IAsyncDisposable
{
    /// <summary>HELDAR_SECRET_KEYS of every test.</summary>
    public const string SecretKeys = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private static int _shards;

    private Cloud(string connectionString, string storage, StorageAccount? account = null)
    {
        ConnectionString = connectionString;
        Storage = storage;
        Account = account ?? StorageAccount.WithKey(storage);
        Database = DatabaseServiceCollectionExtensions.Create(connectionString);
        Queues = new QueueStore(Account);
    }

    public string ConnectionString { get; }

    /// <summary>HELDAR_DATABASE of the pipeline, whose role may do what it must and nothing else.</summary>
    public string PipelineDatabase => new NpgsqlConnectionStringBuilder(ConnectionString) { Username = "heldar_pipeline" }.ConnectionString;

    /// <summary>HELDAR_STORAGE of the pipeline.</summary>
    public string Storage { get; }

    /// <summary>What the test itself opens the account with.</summary>
    public StorageAccount Account { get; }

    public string Shard { get; } = string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref _shards)}");

    public NpgsqlDataSource Database { get; }

    public QueueStore Queues { get; }

    public RecordingSearch Search => new(Database, new ManifestStore(Account));

    public static async Task<Cloud> CreateAsync(PostgresFixture postgres, AzuriteFixture azurite, bool migrate = true)
    {
        var cloud = new Cloud(await postgres.CreateDatabaseAsync(), azurite.ConnectionString);
        if (migrate) await cloud.MigrateAsync();
        await cloud.CreateQueuesAsync();
        return cloud;
    }

    /// <summary>One whose pipeline gets the account's address and no key. The test itself has a token of its own.</summary>
    public static async Task<Cloud> CreateAsync(PostgresFixture postgres, TokenAzurite azurite, StorageAccount account)
    {
        var cloud = new Cloud(await postgres.CreateDatabaseAsync(), azurite.Address, account);
        await cloud.MigrateAsync();
        await cloud.CreateQueuesAsync();
        return cloud;
    }

    /// <summary>Another shard over the same database, with a storage account of its own.</summary>
    public async Task<Cloud> BesideAsync(AzuriteFixture azurite)
    {
        var beside = new Cloud(ConnectionString, azurite.ConnectionString);
        await beside.CreateQueuesAsync();
        return beside;
    }

    public async Task MigrateAsync()
    {
        await Migrator.MigrateAsync(Database, CancellationToken.None);
        await PipelineRole.EnsureAsync(Database, PipelineDatabase, CancellationToken.None);
        await IndexPartitions.EnsureAsync(Database, SystemClock.Instance.GetCurrentInstant(), CancellationToken.None);
    }

    public string Queue(string queue) => QueueNames.InShard(queue, Shard);

    public Task SendAsync(Envelope envelope, string queue = QueueNames.Segments) => SendAsync(envelope.ToBytes(), queue);

    public Task SendAsync(byte[] body, string queue = QueueNames.Segments) => Queues.SendAsync(Queue(queue), body, TimeSpan.Zero, CancellationToken.None);

    public async Task<T> ScalarAsync<T>(string sql, object? values = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, values))!;
    }

    public async Task<IReadOnlyList<string>> LetterReasonsAsync()
    {
        await using var connection = await Database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>("select reason from dead_letter order by reason")];
    }

    /// <summary>Waits until a condition holds; polls, never longer than <paramref name="seconds"/>.</summary>
    public static Task UntilAsync(string what, Func<Task<bool>> condition, int seconds = 30) =>
        Readiness.WaitAsync(what, _ => condition(), TimeSpan.FromSeconds(seconds), null, TestContext.Current.CancellationToken);

    /// <summary>Waits until the queues that boxes write to are empty.</summary>
    public Task DrainedAsync() => UntilAsync("the queues are empty", async () =>
    {
        foreach (var queue in QueueNames.FromBoxes)
            if (await Queues.CountAsync(Queue(queue), CancellationToken.None) > 0) return false;
        return true;
    });

    public async ValueTask DisposeAsync() => await Database.DisposeAsync();

    private async Task CreateQueuesAsync()
    {
        foreach (var queue in QueueNames.FromBoxes.Append(QueueNames.Mended).Append(QueueNames.Fanout).Append(QueueNames.Webhooks))
        {
            await Queues.CreateAsync(Queue(queue), CancellationToken.None);
            await Queues.CreateAsync(QueueNames.Poison(Queue(queue)), CancellationToken.None);
        }
    }
}
