using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Xunit;

namespace Heldar.Testing;

/// <summary>
/// A private, real Azurite for the tests of one assembly (<c>[assembly: AssemblyFixture(typeof(AzuriteFixture))]</c>) or class. It dies with the
/// test process. Keep backlogs under 1,000 messages: it slows down sharply beyond.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private readonly string _folder = TemporaryFolder.Create("azurite");
    private readonly AzuriteServer _server;

    public AzuriteFixture() =>
        _server = new AzuriteServer(new AzuriteOptions(Path.Combine(_folder, "data"), Ports.Free(), Ports.Free(), Ports.Free(), Path.Combine(_folder, "azurite.log")));

    /// <summary>Azure Storage connection string with the account key.</summary>
    public string ConnectionString => _server.ConnectionString;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => await StartAsync();

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>, on the same ports and data.</summary>
    public Task StartAsync(CancellationToken cancellation = default) => _server.StartAsync(cancellation);

    /// <summary>SIGTERM: keeps all data.</summary>
    public Task StopAsync() => _server.StopAsync();

    /// <summary>SIGKILL: loses what it had not saved yet (about the last 5 s).</summary>
    public Task KillAsync() => _server.KillAsync();

    /// <summary>Stop, then start.</summary>
    public async Task RestartAsync(CancellationToken cancellation = default)
    {
        await StopAsync();
        await StartAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        TemporaryFolder.Delete(_folder);
    }
}
