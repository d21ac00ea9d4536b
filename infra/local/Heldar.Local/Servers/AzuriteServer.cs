using System.Globalization;
using System.Net;
using System.Net.Sockets;
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

    /// <summary>Whether the log gets a line for each request.</summary>
    public bool LogsRequests { get; init; }

    /// <summary>Certificate with which it speaks https, and takes tokens of any identity; null is http with keys alone.</summary>
    public AzuriteTls? Tls { get; init; }
}

/// <summary>PEM files of a server's certificate and its key.</summary>
internal sealed record AzuriteTls(string Certificate, string Key);

/// <summary>The account's keys, base64, and the one that clients of this program use.</summary>
/// <param name="First">key1.</param>
/// <param name="Second">key2; null is none.</param>
internal sealed record AzuriteKeys(string First, string? Second = null)
{
    /// <summary>Clients use key2.</summary>
    public bool UseSecond { get; init; }

    /// <summary>The key in connection strings.</summary>
    public string Used => UseSecond ? Second ?? throw new InvalidOperationException("there is no second key") : First;
}

/// <summary>
/// The real Azurite, at the version that <c>infra/local/azurite</c> pins, on loopback. Started again on the same folder and ports it has its data:
/// everything after SIGTERM, all but the last seconds after SIGKILL.
/// </summary>
internal sealed class AzuriteServer(AzuriteOptions options) : PrivateServer
{
    public const string Account = "devstoreaccount1";

    // Published by Microsoft for every emulator; not a secret.
    private const string WellKnownKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2), UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>The account's keys. The server knows new ones from its next start on.</summary>
    public AzuriteKeys Keys { get; set; } = new(options.Key ?? WellKnownKey);

    /// <summary>Azure Storage connection string, with the key in use.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol={Scheme};AccountName={Account};AccountKey={Keys.Used};" +
        $"BlobEndpoint={Endpoint(options.BlobPort)};QueueEndpoint={Endpoint(options.QueuePort)};TableEndpoint={Endpoint(options.TablePort)};";

    /// <summary>The account's address, for a client with a token.</summary>
    public string Address => $"QueueEndpoint={Endpoint(options.QueuePort)};BlobEndpoint={Endpoint(options.BlobPort)}";

    /// <summary>How the server is run; the package must be installed (<see cref="AzuriteInstall"/>).</summary>
    public override ChildSpec Spec => new("azurite", "node", Arguments(), options.LogFile)
    {
        Environment = new Dictionary<string, string?> { ["AZURITE_ACCOUNTS"] = $"{Account}:{Keys.First}{(Keys.Second is { } second ? ":" + second : "")}" },
        WorkingDirectory = options.Folder,
    };

    /// <summary>Installs it when needed and makes its folder.</summary>
    public override async Task PrepareAsync(CancellationToken cancellation)
    {
        await AzuriteInstall.EnsureAsync(cancellation);
        Directory.CreateDirectory(options.Folder);
    }

    /// <summary>Waits until blobs and queues answer.</summary>
    public override Task WaitUntilReadyAsync(ChildProcess? child, CancellationToken cancellation) =>
        Readiness.WaitAsync("Azurite answers", IsReadyAsync, TimeSpan.FromSeconds(60), child, cancellation);

    /// <summary>True when blobs and queues answer; throws when they cannot be reached.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        foreach (int port in (int[])[options.BlobPort, options.QueuePort])
        {
            if (options.Tls is not null)
            {
                // Its authority is a test's, so nothing is said to it here.
                using var connection = new TcpClient();
                await connection.ConnectAsync(IPAddress.Loopback, port, cancellation);
                continue;
            }

            // Anonymous, so the answer is 403: any answer is life.
            using HttpResponseMessage answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{port}/{Account}?comp=list"), cancellation);
        }

        return true;
    }

    private List<string> Arguments() =>
    [
        AzuriteInstall.Program, "--location", options.Folder, .. options.LogsRequests ? Array.Empty<string>() : ["--silent"], "--skipApiVersionCheck", "--disableTelemetry",
        "--blobHost", "127.0.0.1", "--blobPort", Text(options.BlobPort), "--queueHost", "127.0.0.1", "--queuePort", Text(options.QueuePort),
        "--tableHost", "127.0.0.1", "--tablePort", Text(options.TablePort),
        .. options.Tls is { } tls ? (string[])["--cert", tls.Certificate, "--key", tls.Key, "--oauth", "basic"] : [],
    ];

    private string Scheme => options.Tls is null ? "http" : "https";

    private string Endpoint(int port) => $"{Scheme}://127.0.0.1:{Text(port)}/{Account}";

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
