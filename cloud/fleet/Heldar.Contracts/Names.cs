namespace Heldar.Contracts;

/// <summary>Rules for names that people choose and that become part of keys, paths and URLs.</summary>
public static class Names
{
    /// <summary>The tenant that exists from the first migration.</summary>
    public const string DefaultTenant = "main";

    /// <summary>1 to 63 of [a-z0-9-], starting and ending with a letter or digit: tenant, site, camera slug.</summary>
    public static bool IsSlug(string? text) =>
        text is { Length: >= 1 and <= 63 }
        && text[0] != '-' && text[^1] != '-'
        && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');
}
