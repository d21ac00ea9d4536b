using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>What a key may be.</summary>
internal static class ApiKeyRules
{
    public const int MaxName = 100;

    /// <summary>What is wrong with a wish; null when nothing is.</summary>
    public static string? Mistake(ApiKeyWish wish, Instant now)
    {
        if (wish.Name.Length is 0 or > MaxName || wish.Name.Any(char.IsControl)) return $"a key's name has 1 to {MaxName} printable characters";
        if (wish.Role is null == wish.Capabilities is null) return "a key has either a role or capabilities";
        if (wish.Capabilities is { } words && (words.Count is 0 or > 64 || CapabilityNames.Join(words) is null)) return $"capabilities are some of {string.Join(", ", CapabilityNames.Split(CapabilityNames.All))}";
        if (CameraScope.Mistake(wish.Cameras) is { } mistake) return mistake;
        if (wish.Cameras is not null && BringsAccess(wish)) return "whoever manages access sees all cameras: leave cameras out";
        return wish.ExpiresAt is { } end && end <= now ? "expires_at must be a time that is yet to come" : null;
    }

    private static bool BringsAccess(ApiKeyWish wish) =>
        ((wish.Role?.Capabilities() ?? CapabilityNames.Join(wish.Capabilities ?? []) ?? Capability.None) & Capability.AccessManage) != Capability.None;
}
