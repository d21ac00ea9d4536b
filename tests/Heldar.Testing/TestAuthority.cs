using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Heldar.Testing;

/// <summary>A certification authority of one test: issues certificates for servers on loopback and for clients. Thread-safe.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Began = TimeProvider.System.GetUtcNow().AddDays(-1);

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        using var made = request.CreateSelfSigned(Began, Began.AddDays(20));
        Root = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>The authority's own certificate.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>Issues a certificate with its key.</summary>
    /// <param name="name">Common name.</param>
    /// <param name="server">For 127.0.0.1 and localhost as a server; otherwise for a client.</param>
    /// <param name="issuersAt">Where the certificate says that its issuer can be fetched.</param>
    /// <param name="days">How long it is good; less than 2 has ended already, since it began a day ago.</param>
    public X509Certificate2 Issue(string name, bool server, Uri? issuersAt = null, double days = 10)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        if (server)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        if (issuersAt is not null) request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [issuersAt.ToString()], critical: false));
        using var issued = request.Create(Root, Began, Began.AddDays(days), RandomNumberGenerator.GetBytes(16));
        using var whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    public void Dispose() => Root.Dispose();
}
