using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using NodaTime;

namespace Heldar.Edge.Desired;

/// <summary>
/// What people want of the box, as a file: one line that says what it is and what the second line hashes to, and one line with the rows. Text that the database keeps
/// sealed is sealed here as well.
/// </summary>
/// <param name="Database">The database that it is a copy of.</param>
/// <param name="Revision">Changes of that database until then.</param>
/// <param name="At">When it was written.</param>
/// <param name="Tables">Rows by table, columns by name.</param>
internal sealed record DesiredFile(string Database, long Revision, Instant At, IReadOnlyDictionary<string, IReadOnlyList<IReadOnlyDictionary<string, JsonElement>>> Tables)
{
    /// <summary>Its name in the data folder.</summary>
    public const string Name = "desired.json";

    /// <summary>Larger ones are neither written nor read.</summary>
    public const int MaxBytes = 64 << 20;
    private const int Format = 1;

    /// <exception cref="InvalidDataException">It would be larger than <see cref="MaxBytes"/>.</exception>
    public byte[] ToBytes()
    {
        var rows = JsonSerializer.SerializeToUtf8Bytes(Tables, HeldarJson.Options);
        var head = JsonSerializer.SerializeToUtf8Bytes(new Head(Format, Database, Revision, At, Convert.ToHexStringLower(SHA256.HashData(rows))), HeldarJson.Options);
        byte[] all = [.. head, (byte)'\n', .. rows, (byte)'\n'];
        return all.Length <= MaxBytes ? all : throw new InvalidDataException($"it would have {all.Length} bytes; the most is {MaxBytes}");
    }

    /// <exception cref="InvalidDataException">It is no such file, is cut off, or was changed; the message says which.</exception>
    public static DesiredFile Parse(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0) throw new InvalidDataException("it has no first line");
        var head = Read<Head>(bytes[..end], "its first line") ?? throw new InvalidDataException("its first line says nothing");
        if (head.Format != Format) throw new InvalidDataException($"it has format {head.Format}; this program reads {Format}");
        if (head is not { Database.Length: > 0 and <= 64, Sha256.Length: 64, Revision: > 0 }) throw new InvalidDataException("its first line is not whole");
        var rows = bytes[(end + 1)..];
        if (rows.IsEmpty || rows[^1] != (byte)'\n') throw new InvalidDataException("it is cut off");
        rows = rows[..^1];
        if (Convert.ToHexStringLower(SHA256.HashData(rows)) != head.Sha256) throw new InvalidDataException("its rows are not those that were written");
        var tables = Read<Dictionary<string, IReadOnlyList<IReadOnlyDictionary<string, JsonElement>>>>(rows, "its second line") ?? throw new InvalidDataException("it has no tables");
        if (tables.Values.Any(t => t is null || t.Any(r => r is null))) throw new InvalidDataException("it has a table or row that is none");
        return new DesiredFile(head.Database, head.Revision, head.At, tables);
    }

    private static T? Read<T>(ReadOnlySpan<byte> json, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, HeldarJson.Options);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or DecoderFallbackException)
        {
            throw new InvalidDataException($"{what} cannot be read: {e.Message}", e);
        }
    }

    private sealed record Head(int Format, string Database, long Revision, Instant At, string Sha256);
}
