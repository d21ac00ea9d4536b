using System.Globalization;
using Heldar.Local.Processes;
using Npgsql;

namespace Heldar.Local.Servers;

/// <summary>How to run a private PostgreSQL.</summary>
/// <param name="Folder">Where the cluster lives; made when missing.</param>
/// <param name="Port">Port on 127.0.0.1.</param>
/// <param name="LogFile">The server's log.</param>
internal sealed record PostgresOptions(string Folder, int Port, string LogFile)
{
    /// <summary>Superuser's password (SCRAM); null trusts everyone on loopback, for tests.</summary>
    public string? Password { get; init; }

    /// <summary>False leaves out fsync: a crash of the machine, though not of the server, may lose the cluster. For tests.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Whether the server remembers when each transaction was committed (<c>pg_xact_commit_timestamp</c>).</summary>
    public bool KeepsCommitTimes { get; init; }
}

/// <summary>
/// A real PostgreSQL (15 or newer, Debian's) in a private folder, on loopback only. Run by root, it becomes the user postgres, because the server
/// refuses root. It shuts down fast when this program dies.
/// </summary>
internal sealed class PostgresServer(PostgresOptions options) : PrivateServer
{
    private const string User = "postgres";

    /// <summary>Npgsql connection string of the database <paramref name="database"/> as superuser.</summary>
    public string ConnectionString(string database = "postgres") => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = options.Port,
        Username = User,
        Password = options.Password,
        Database = database,
        MaxPoolSize = 20,
        IncludeErrorDetail = true,
    }.ConnectionString;

    /// <summary>How the server is run; the cluster must exist (<see cref="PrepareAsync"/>).</summary>
    public override ChildSpec Spec => new("postgres", Path.Combine(Binaries(), "postgres"), Arguments(), options.LogFile)
    {
        User = Cluster.Owner,
        DeathSignal = "INT",
        StopSignal = Signals.Interrupt,
        WorkingDirectory = "/",
    };

    /// <summary>Makes the cluster when there is none.</summary>
    public override Task PrepareAsync(CancellationToken cancellation) => Cluster.EnsureAsync(Binaries(), options.Folder, options.Password, cancellation);

    /// <summary>Waits until the server answers a query.</summary>
    public override Task WaitUntilReadyAsync(ChildProcess? child, CancellationToken cancellation) =>
        Readiness.WaitAsync("PostgreSQL answers", IsReadyAsync, TimeSpan.FromSeconds(30), child, cancellation);

    /// <summary>True when the server answers a query; throws when it cannot be reached.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        var address = new NpgsqlConnectionStringBuilder(ConnectionString()) { Pooling = false, Timeout = 2 };
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(cancellation);
        return true;
    }

    /// <summary>Makes a database when there is none of that name.</summary>
    public async Task CreateDatabaseAsync(string name, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString()) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using NpgsqlCommand find = new("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = name } } };
        if (await find.ExecuteScalarAsync(cancellation) is not null) return;
        await using NpgsqlCommand create = new($"create database \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
        await create.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Folder of the newest installed server's programs.</summary>
    /// <exception cref="ProcessException">None is installed.</exception>
    public static string Binaries()
    {
        const string versions = "/usr/lib/postgresql";
        string? newest = Directory.Exists(versions)
            ? Directory.GetDirectories(versions)
                .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
                .MaxBy(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int version) ? version : 0)
            : null;
        return newest is null ? throw new ProcessException("PostgreSQL is not installed: apt-get install -y --no-install-recommends postgresql") : Path.Combine(newest, "bin");
    }

    private List<string> Arguments()
    {
        List<string> settings =
        [
            "-D", options.Folder, "-p", options.Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "log_checkpoints=off",
        ];
        if (options.KeepsCommitTimes) settings.AddRange(["-c", "track_commit_timestamp=on"]);
        if (!options.Durable) settings.AddRange(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_wal_size=256MB"]);
        return settings;
    }
}
