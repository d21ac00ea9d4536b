using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>The full record of one box's camera-hour: what the packed span leaves out. Stored as a blob that is named by its own hash.</summary>
public sealed record HourManifest(string Tenant, Guid Camera, Guid Box, Instant Hour, IReadOnlyList<SegmentData> Segments)
{
    /// <summary>Largest manifest that is read back.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeldarJson.Options);

    /// <summary>The blob's name below the container: tenant/camera/hour/box-hash.json.</summary>
    public string BlobName(byte[] root) => $"{Tenant}/{Camera:D}/{Hour:uuuuMMdd'T'HH}/{Box:D}-{Convert.ToHexStringLower(root)}.json";

    public static byte[] RootOf(byte[] bytes) => SHA256.HashData(bytes);

    /// <summary>Reads and checks. Throws <see cref="InvalidDataException"/> when the bytes are not those that the root names.</summary>
    public static HourManifest Parse(byte[] bytes, byte[] root)
    {
        if (!RootOf(bytes).AsSpan().SequenceEqual(root)) throw new InvalidDataException("the manifest is not the one that the index names: its hash differs");
        return JsonSerializer.Deserialize<HourManifest>(bytes, HeldarJson.Options) ?? throw new InvalidDataException("the manifest is empty");
    }
}
