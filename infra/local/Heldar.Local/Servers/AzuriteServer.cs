using System.Globalization;
using Heldar.Local.Processes;

namespace Heldar.Local.Servers;

/// <summary>How to run a private Azurite.</summary>
/// <param name="Folder">Where it keeps its data.</param>
/// <param name="BlobPort">Port on 127.0.0.1.</param>
/// <param name="QueuePort">Port on 127.0.0.1.</param>
/// <param name="TablePort">Port on 127.0.0.1.</param>
/// <param name="LogFile">The server's log.</param>
internal sealed record AzuriteOptions(string Folder, int BlobPort, int QueuePort, int TablePort, string LogFile)
{
    /// <summary>Account key, base64; null is the key that everybody knows, for tests.</summary>
    public string? Key { get; init; }
}

/// <summary>
/// The real Azurite, at the version that <c>infra/local/azurite</c> pins, on loopback. Started again on the same folder and ports it has its data:
/// everything after SIGTERM, all but the last seconds after SIGKILL.
/// </summary>
internal sealed class AzuriteServer(AzuriteOptions options) : IAsyncDisposable
{
    public const string Account = "devstoreaccount1";

    // Published by Microsoft for every emulator; not a secret.
    private const string WellKnownKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2), UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private ChildProcess? _child;

    /// <summary>The running server, or null.</summary>
    public ChildProcess? Child => _child;

    /// <summary>Azure Storage connection string.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={options.Key ?? WellKnownKey};" +
        $"BlobEndpoint=http://127.0.0.1:{options.BlobPort}/{Account};QueueEndpoint=http://127.0.0.1:{options.QueuePort}/{Account};" +
        $"TableEndpoint=http://127.0.0.1:{options.TablePort}/{Account};";

    /// <summary>How the server is run; the package must be installed (<see cref="AzuriteInstall"/>).</summary>
    public ChildSpec Spec => new("azurite", "node", Arguments(), options.LogFile)
    {
        Environment = new Dictionary<string, string?> { ["AZURITE_ACCOUNTS"] = $"{Account}:{options.Key ?? WellKnownKey}" },
        WorkingDirectory = options.Folder,
    };

    /// <summary>Installs when needed, starts and waits until it answers.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await AzuriteInstall.EnsureAsync(cancellation);
        Directory.CreateDirectory(options.Folder);
        _child = await ChildProcess.StartAsync(Spec);
        await WaitUntilReadyAsync(_child, cancellation);
    }

    /// <summary>Waits until blobs and queues answer.</summary>
    public Task WaitUntilReadyAsync(ChildProcess? child, CancellationToken cancellation) =>
        Readiness.WaitAsync("Azurite answers", IsReadyAsync, TimeSpan.FromSeconds(60), child, cancellation);

    /// <summary>True when blobs and queues answer; throws when they cannot be reached.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        foreach (int port in (int[])[options.BlobPort, options.QueuePort])
        {
            // Anonymous, so the answer is 403: any answer is life.
            using HttpResponseMessage answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{port}/{Account}?comp=list"), cancellation);
        }

        return true;
    }

    /// <summary>SIGTERM: keeps all data. Kills after 10 s.</summary>
    public async Task StopAsync()
    {
        if (_child is { } child) await child.StopAsync(TimeSpan.FromSeconds(10));
        _child = null;
    }

    /// <summary>SIGKILL, as a crash does it: writes of the last seconds are lost.</summary>
    public async Task KillAsync()
    {
        if (_child is { } child) await child.KillAsync();
        _child = null;
    }

    /// <summary>Stops the server; the folder stays.</summary>
    public async ValueTask DisposeAsync() => await StopAsync();

    private List<string> Arguments() =>
    [
        AzuriteInstall.Program, "--location", options.Folder, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
        "--blobHost", "127.0.0.1", "--blobPort", Text(options.BlobPort), "--queueHost", "127.0.0.1", "--queuePort", Text(options.QueuePort),
        "--tableHost", "127.0.0.1", "--tablePort", Text(options.TablePort),
    ];

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
