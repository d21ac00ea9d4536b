using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Cloud.Index;

/// <summary>The full record of one box's camera-hour: what the packed span leaves out. Stored as a blob that is named by its own hash.</summary>
public sealed record HourManifest(string Tenant, Guid Camera, Guid Box, Instant Hour, IReadOnlyList<SegmentData> Segments)
{
    /// <summary>Largest manifest that is read back.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    private static readonly LocalDateTimePattern HourPattern = LocalDateTimePattern.CreateWithInvariantCulture("uuuuMMdd'T'HH");

    /// <summary>The beginning of the names of all manifests of one box's camera-hour.</summary>
    internal static string Prefix(SpanKey key) => $"{key.Tenant}/{key.Camera:D}/{key.Hour:uuuuMMdd'T'HH}/{key.Box:D}-";

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeldarJson.Options);

    /// <summary>The blob's name below the container: tenant/camera/hour/box-hash.json.</summary>
    public string BlobName(byte[] root) => $"{Tenant}/{Camera:D}/{Hour:uuuuMMdd'T'HH}/{Box:D}-{Convert.ToHexStringLower(root)}.json";

    /// <summary>What a blob's name says; false for anything that <see cref="BlobName"/> does not make.</summary>
    internal static bool TryParseName(string name, [NotNullWhen(true)] out SpanKey? key, out byte[] root)
    {
        (key, root) = (null, []);
        if (name.Split('/') is not [var tenant, var camera, var hour, { Length: 36 + 1 + 64 + 5 } last] || !last.EndsWith(".json", StringComparison.Ordinal) || last[36] != '-') return false;
        if (!Guid.TryParseExact(camera, "D", out var id) || !Guid.TryParseExact(last[..36], "D", out var box) || !EventRules.IsSha256(last[37..^5])) return false;
        if (HourPattern.Parse(hour) is not { Success: true, Value: var at }) return false;
        (key, root) = (new() { Tenant = tenant, Camera = id, Box = box, Hour = at.InUtc().ToInstant() }, Convert.FromHexString(last[37..^5]));
        return true;
    }

    public static byte[] RootOf(byte[] bytes) => SHA256.HashData(bytes);

    /// <summary>Reads and checks. Throws <see cref="InvalidDataException"/> when the bytes are not those that the root names.</summary>
    public static HourManifest Parse(byte[] bytes, byte[] root)
    {
        if (!RootOf(bytes).AsSpan().SequenceEqual(root)) throw new InvalidDataException("the manifest is not the one that the index names: its hash differs");
        return JsonSerializer.Deserialize<HourManifest>(bytes, HeldarJson.Options) ?? throw new InvalidDataException("the manifest is empty");
    }
}
