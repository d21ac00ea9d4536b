using System.Security.Cryptography.X509Certificates;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Xunit;

namespace Heldar.Testing;

/// <summary>A private, real Azurite that speaks https and takes the tokens of <see cref="IdentityTokens"/> beside its key. It dies with the test process.</summary>
public sealed class TokenAzurite : IAsyncLifetime
{
    private readonly string _folder = TemporaryFolder.Create("azurite");
    private readonly TestAuthority _authority = new();
    private readonly AzuriteServer _server;

    public TokenAzurite()
    {
        var (certificate, key) = (Path.Combine(_folder, "server.pem"), Path.Combine(_folder, "server.key"));
        RootFile = Path.Combine(_folder, "ca.pem");
        using (var issued = _authority.Issue("azurite", server: true))
        {
            File.WriteAllText(certificate, issued.ExportCertificatePem());
            using var own = issued.GetECDsaPrivateKey()!;
            File.WriteAllText(key, own.ExportPkcs8PrivateKeyPem());
        }

        File.WriteAllText(RootFile, _authority.Root.ExportCertificatePem());
        _server = new AzuriteServer(new AzuriteOptions(Path.Combine(_folder, "data"), Ports.Free(), Ports.Free(), Ports.Free(), Path.Combine(_folder, "azurite.log")) { Tls = new(certificate, key) });
    }

    /// <summary>The account's address without any key.</summary>
    public string Address => _server.Address;

    /// <summary>Azure Storage connection string with the account key, for who stands for a box or the fleet.</summary>
    public string ConnectionString => _server.ConnectionString;

    /// <summary>PEM file of the authority that a client must trust.</summary>
    public string RootFile { get; }

    /// <summary>A client that trusts the server, and nobody else.</summary>
    public HttpClient Trusting() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = { CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { _authority.Root }, RevocationMode = X509RevocationMode.NoCheck } },
    });

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => await _server.StartAsync(TestContext.Current.CancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
        TemporaryFolder.Delete(_folder);
    }
}
