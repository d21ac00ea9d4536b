using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Contracts.Api;

/// <summary>Body of <c>POST /enrol</c>.</summary>
/// <param name="Token">Short-lived one-time token that a person made in the portal or that <c>up</c> made.</param>
/// <param name="PublicKey">Base64 SubjectPublicKeyInfo of the box's own P-256 key.</param>
/// <param name="Name">What people call the box.</param>
/// <param name="Version">Software version of the box.</param>
/// <param name="Proof">Base64 signature by the new key over the UTF-8 bytes of <c>heldar-enrol\n{token}</c>: proves possession.</param>
public sealed record EnrolRequest(string Token, string PublicKey, string Name, string Version, string Proof)
{
    /// <summary>The bytes that <see cref="Proof"/> signs.</summary>
    public static byte[] ProofBytes(string token) => System.Text.Encoding.UTF8.GetBytes("heldar-enrol\n" + token);
}

/// <summary>Answer of <c>POST /enrol</c>. Enrolling the same key with the same token again gives the same box.</summary>
public sealed record EnrolResponse(string Tenant, string Site, string SiteTimeZone, Guid Box, SasGrant Access);

/// <summary>
/// What a box may do with the queues until <see cref="ExpiresAt"/>: answer of <c>POST /api/v1/boxes/{box}/sas</c>, renewed at half-life.
/// </summary>
/// <param name="Shard">The shard that this box belongs to.</param>
/// <param name="Queues">Unsharded queue name to URL with SAS (sp=a), ready for <c>POST …/messages</c>.</param>
/// <param name="Staging">URL of the box's staging container with SAS (sp=c).</param>
/// <param name="IssuedAt">Server time.</param>
/// <param name="ExpiresAt">Server time; 60 minutes after <paramref name="IssuedAt"/>.</param>
/// <param name="Watermarks">What the cloud has of each (class, epoch).</param>
public sealed record SasGrant(
    string Shard,
    IReadOnlyDictionary<string, string> Queues,
    string Staging,
    Instant IssuedAt,
    Instant ExpiresAt,
    IReadOnlyList<Watermark> Watermarks);

/// <summary>What the cloud has applied of one (box, class, epoch).</summary>
/// <param name="Class">Event class.</param>
/// <param name="Epoch">Epoch of the outbox.</param>
/// <param name="Through">Every batch up to and including this one is applied; 0 for none.</param>
/// <param name="Holes">Ranges above <paramref name="Through"/> that are missing below the highest received, at most 64.</param>
public sealed record Watermark(EventClass Class, string Epoch, long Through, IReadOnlyList<SequenceRange> Holes);

/// <summary>An inclusive range of batch numbers.</summary>
public sealed record SequenceRange(long From, long To);

/// <summary>Body of <c>POST /api/v1/boxes/{box}/heartbeat</c>.</summary>
/// <param name="Version">Software version of the box.</param>
/// <param name="BootSeq">Counts starts of the box.</param>
/// <param name="OutboxBacklog">Events that are not sealed yet and sealed batches that no queue has taken.</param>
/// <param name="BoxTime">The box's clock.</param>
/// <param name="OldestWaitingAt">Time of the oldest event of the backlog, by the box's clock; null when there is none, or from a box that does not say it.</param>
public sealed record HeartbeatRequest(string Version, long BootSeq, long OutboxBacklog, Instant BoxTime, Instant? OldestWaitingAt = null);

/// <summary>Answer of <c>POST /api/v1/boxes/{box}/heartbeat</c>.</summary>
public sealed record HeartbeatResponse(Instant ServerTime, IReadOnlyList<Watermark> Watermarks);

/// <summary>
/// How a box signs its calls to the fleet: headers <c>Heldar-Box</c>, <c>Heldar-Key</c>, <c>Heldar-Time</c> (RFC 3339) and <c>Heldar-Signature</c>.
/// The signature covers <see cref="SignedBytes"/>. The fleet accepts a time within 5 minutes of its own and answers 401 with its own time otherwise.
/// </summary>
public static class BoxRequestSignature
{
    public const string BoxHeader = "Heldar-Box";
    public const string KeyHeader = "Heldar-Key";
    public const string TimeHeader = "Heldar-Time";
    public const string SignatureHeader = "Heldar-Signature";

    /// <summary>Method, path with query, time and lower-case hex SHA-256 of the body, joined by line feeds, as UTF-8.</summary>
    public static byte[] SignedBytes(string method, string pathAndQuery, string time, ReadOnlySpan<byte> body) =>
        System.Text.Encoding.UTF8.GetBytes($"{method}\n{pathAndQuery}\n{time}\n{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body))}");
}
