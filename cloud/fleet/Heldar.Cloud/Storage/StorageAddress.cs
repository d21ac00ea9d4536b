using System.Diagnostics.CodeAnalysis;

namespace Heldar.Cloud.Storage;

/// <summary>Where an account is that is opened without a key.</summary>
/// <param name="Queues">Address of its queues, https; null when only its blobs are named.</param>
/// <param name="Blobs">Address of its blobs, https.</param>
internal sealed record StorageAddress(Uri? Queues, Uri Blobs)
{
    private const string Account = "AccountName";
    private const string Suffix = "EndpointSuffix";
    private const string Protocol = "DefaultEndpointsProtocol";
    private const string QueueEndpoint = "QueueEndpoint";
    private const string BlobEndpoint = "BlobEndpoint";

    /// <summary>Parts that make a text a connection string that opens an account by itself.</summary>
    private static readonly string[] Secrets = ["AccountKey", "SharedAccessSignature", "UseDevelopmentStorage"];

    /// <summary>Parts that an address may have; the other services of an account are no business of this product.</summary>
    private static readonly string[] Known = [Account, Suffix, Protocol, QueueEndpoint, BlobEndpoint, "TableEndpoint", "FileEndpoint"];

    /// <summary>Whether a text holds a key or signature, so that it is no address.</summary>
    public static bool HoldsSecret(string setting) => Parts(setting).Any(p => Secrets.Contains(p.Name, StringComparer.OrdinalIgnoreCase));

    /// <summary>Reads <c>AccountName=heldarabc;EndpointSuffix=core.windows.net</c> or <c>QueueEndpoint=https://…;BlobEndpoint=https://…</c>.</summary>
    public static bool TryParse(string setting, bool queues, [NotNullWhen(true)] out StorageAddress? address, [NotNullWhen(false)] out string? mistake)
    {
        (address, mistake) = (null, null);
        Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in Parts(setting))
        {
            // Neither name nor value is repeated where the text may be a key with a slip of the pen.
            if (!Known.Contains(name, StringComparer.OrdinalIgnoreCase)) mistake = $"it has neither a key nor a signature, so that it is the address of an account for a managed identity, and that has {string.Join(", ", Known[..5])} alone, each with a value";
            else if (value.Length == 0) mistake = $"{name} is empty";
            else if (!values.TryAdd(name, value)) mistake = $"{name} is there twice";
        }

        if (values.TryGetValue(Protocol, out var protocol) && !protocol.Equals("https", StringComparison.OrdinalIgnoreCase)) mistake ??= $"{Protocol} must be https: an identity's token goes over https alone";
        var blobs = Endpoint(values, BlobEndpoint, "blob", ref mistake);
        var queue = queues || values.ContainsKey(QueueEndpoint) ? Endpoint(values, QueueEndpoint, "queue", ref mistake) : null;
        if (mistake is not null) return false;
        address = new(queue, blobs!);
        return true;
    }

    private static Uri? Endpoint(Dictionary<string, string> values, string name, string service, ref string? mistake)
    {
        if (!values.TryGetValue(name, out var text))
        {
            if (!values.TryGetValue(Account, out var account))
            {
                mistake ??= $"it has neither a key nor a signature, and no {Account} or {name}: give a connection string, or {Account}=heldarabc;{Suffix}=core.windows.net for a managed identity";
                return null;
            }

            if (account.Length is < 3 or > 24 || !account.All(char.IsAsciiLetterOrDigit) || account.Any(char.IsAsciiLetterUpper))
            {
                mistake ??= $"{Account} '{account}' is no account: 3 to 24 lower-case letters or digits";
                return null;
            }

            text = $"https://{account}.{service}.{values.GetValueOrDefault(Suffix, "core.windows.net")}";
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0 || address.Query.Length > 0 || address.Fragment.Length > 0 || address.UserInfo.Length > 0)
            mistake ??= $"{name} is no address such as https://heldarabc.{service}.core.windows.net";
        else if (address.Scheme != Uri.UriSchemeHttps)
            mistake ??= $"{name} is an http address: an identity's token goes over https alone, on this machine, too; give https, or a connection string with its key";
        return address;
    }

    private static IEnumerable<(string Name, string Value)> Parts(string setting) =>
        from part in setting.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        let at = part.IndexOf('=', StringComparison.Ordinal)
        select at < 0 ? (part, "") : (part[..at].Trim(), part[(at + 1)..].Trim());
}
