using System.Security.Cryptography;
using System.Text;

namespace Heldar.Local.Drills;

/// <summary>A delivery's signature, computed from the Standard Webhooks specification 1.0 alone and by nothing that the product uses.</summary>
internal static class HookSignature
{
    /// <summary>How far a timestamp may be off, s: the specification leaves it to the receiver.</summary>
    public const int ToleranceSeconds = 300;

    /// <summary>The one signature that this secret gives, as it stands in the header <c>webhook-signature</c>.</summary>
    /// <param name="secret"><c>whsec_</c> and base64.</param>
    /// <param name="id">Header <c>webhook-id</c>.</param>
    /// <param name="timestamp">Header <c>webhook-timestamp</c>, Unix seconds, as it was sent.</param>
    /// <param name="body">The exact bytes.</param>
    public static string Of(string secret, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        byte[] key = Convert.FromBase64String(secret["whsec_".Length..]);
        byte[] content = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, content));
    }
}
