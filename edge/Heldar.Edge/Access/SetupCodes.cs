using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Secrets;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>
/// The one-time code with which the first account is made: proof of being able to read the box's console. A file of the data folder holds its hash; once an
/// account exists it is worth nothing.
/// </summary>
internal sealed class SetupCodes(string dataFolder, IClock clock)
{
    public static readonly Duration Lifetime = Duration.FromHours(24);
    private const int MaxFileBytes = 4096;
    private readonly string _file = Path.Combine(dataFolder, "setup-code.json");

    /// <summary>Makes a code; an earlier one stops working.</summary>
    public string Create()
    {
        var code = SecretToken.CreateCode();
        KeyFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(new Kept(SecretToken.HashCode(code)!, clock.GetCurrentInstant() + Lifetime), HeldarJson.Options));
        return code;
    }

    /// <summary>Whether a typed code is the one, now.</summary>
    public bool Fits(string? typed)
    {
        if (SecretToken.HashCode(typed) is not { } hash || !File.Exists(_file)) return false;
        try
        {
            return JsonSerializer.Deserialize<Kept>(KeyFile.Read(_file, MaxFileBytes), HeldarJson.Options) is { } kept
                && kept.ExpiresAt > clock.GetCurrentInstant()
                && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(kept.Sha256), Encoding.ASCII.GetBytes(hash));
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or IOException)
        {
            return false;
        }
    }

    /// <summary>Ends the code.</summary>
    public void Remove() => File.Delete(_file);

    private sealed record Kept(string Sha256, Instant ExpiresAt);
}
