using System.Security.Cryptography;

namespace Heldar.Contracts.Events;

/// <summary>A box's P-256 key: ids, signatures and their check. Signatures are ECDSA with SHA-256 in IEEE P1363 form, 64 bytes.</summary>
public static class BoxKeys
{
    /// <summary>Makes a new private key. The caller owns it.</summary>
    public static ECDsa Create() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The key id: the first 32 hex digits of SHA-256 over the SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).</summary>
    public static string KeyId(ReadOnlySpan<byte> subjectPublicKeyInfo) => Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo))[..32];

    /// <summary>Signs the exact bytes of a body. Not thread-safe for one key.</summary>
    public static string Sign(ECDsa key, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Convert.ToBase64String(key.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    /// <summary>Checks a signature; false for any malformed key or signature.</summary>
    public static bool Verify(ReadOnlySpan<byte> subjectPublicKeyInfo, ReadOnlySpan<byte> body, string signature)
    {
        try
        {
            using var key = Import(subjectPublicKeyInfo);
            return Verify(key, body, signature);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Checks a signature with an imported key; false for any malformed signature. Not thread-safe for one key.</summary>
    public static bool Verify(ECDsa key, ReadOnlySpan<byte> body, string signature)
    {
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> bytes = stackalloc byte[64];
        return Convert.TryFromBase64String(signature, bytes, out var written) && written == 64
            && key.VerifyData(body, bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Reads a public key and refuses any curve but P-256. Throws <see cref="CryptographicException"/>.</summary>
    public static ECDsa Import(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
            if (read != subjectPublicKeyInfo.Length) throw new CryptographicException("bytes after the public key");
            var curve = key.ExportParameters(includePrivateParameters: false).Curve.Oid;
            if (curve.Value != "1.2.840.10045.3.1.7") throw new CryptographicException("the key is not on P-256");
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }
}
