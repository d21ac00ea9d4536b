using System.Globalization;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Npgsql;
using Xunit;

namespace Heldar.Testing;

/// <summary>
/// A private, real PostgreSQL for the tests of one assembly: <c>[assembly: AssemblyFixture(typeof(PostgresFixture))]</c>, then take it in the
/// constructor and make a database of your own with <see cref="CreateDatabaseAsync"/>. It dies with the test process. Thread-safe.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly string _folder = TemporaryFolder.Create("postgres");
    private readonly PostgresServer _server;
    private int _databases;

    public PostgresFixture() =>
        _server = new PostgresServer(new PostgresOptions(Path.Combine(_folder, "data"), Ports.Free(), Path.Combine(_folder, "postgres.log")) { Durable = false });

    /// <summary>Connection string of the maintenance database; do not make tables in it.</summary>
    public string ConnectionString => _server.ConnectionString();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => await StartAsync();

    /// <summary>Makes an empty database with a fresh name and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellation = default)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await _server.CreateDatabaseAsync(name, cancellation);
        return _server.ConnectionString(name);
    }

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>, on the same port and data.</summary>
    public Task StartAsync(CancellationToken cancellation = default) => _server.StartAsync(cancellation);

    /// <summary>Fast shutdown.</summary>
    public Task StopAsync() => _server.StopAsync();

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => _server.KillAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _server.DisposeAsync();
        TemporaryFolder.Delete(_folder);
    }
}
