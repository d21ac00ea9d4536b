namespace Heldar.Contracts.Events;

/// <summary>
/// Who an event speaks about: <c>/tenants/{t}/sites/{s}/cameras/{uid}</c> or <c>/tenants/{t}/sites/{s}/boxes/{b}</c>.
/// </summary>
public sealed record EventSource
{
    private EventSource(string tenant, string site, Guid? camera, Guid? box) => (Tenant, Site, Camera, Box) = (tenant, site, camera, box);

    public string Tenant { get; }

    public string Site { get; }

    /// <summary>The camera's global uid, or null for a box's own event.</summary>
    public Guid? Camera { get; }

    /// <summary>The box's id, or null for a camera's event.</summary>
    public Guid? Box { get; }

    public static EventSource OfCamera(string tenant, string site, Guid camera) => new(Checked(tenant), Checked(site), camera, null);

    public static EventSource OfBox(string tenant, string site, Guid box) => new(Checked(tenant), Checked(site), null, box);

    /// <summary>Reads a source path; false for anything else.</summary>
    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EventSource? source)
    {
        source = null;
        if (text is null || text.Length > 256) return false;
        var parts = text.Split('/');
        if (parts is not ["", "tenants", var tenant, "sites", var site, var kind, var id]) return false;
        if (!Names.IsSlug(tenant) || !Names.IsSlug(site) || !Guid.TryParseExact(id, "D", out var guid)) return false;
        source = kind switch
        {
            "cameras" => new(tenant, site, guid, null),
            "boxes" => new(tenant, site, null, guid),
            _ => null,
        };
        return source is not null;
    }

    public override string ToString() => Camera is { } camera
        ? $"/tenants/{Tenant}/sites/{Site}/cameras/{camera:D}"
        : $"/tenants/{Tenant}/sites/{Site}/boxes/{Box:D}";

    private static string Checked(string slug) =>
        Names.IsSlug(slug) ? slug : throw new ArgumentException($"'{slug}' is not a name of 1 to 63 lower-case letters, digits and inner hyphens", nameof(slug));
}
