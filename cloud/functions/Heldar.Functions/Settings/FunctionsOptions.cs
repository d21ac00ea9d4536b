using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Heldar.Cloud.Index;
using Heldar.Cloud.Mail;
using Heldar.Cloud.Secrets;
using Heldar.Cloud.Storage;
using Heldar.Contracts.Queues;

namespace Heldar.Functions.Settings;

/// <summary>Immutable settings, read from the environment, as app settings reach a custom handler.</summary>
/// <param name="Database">HELDAR_DATABASE: Npgsql connection string.</param>
/// <param name="Storage">
/// HELDAR_STORAGE: the account with the shard's queues, as <see cref="StorageAccount"/> reads it: a connection string, or an address that the program's managed identity opens.
/// Under an Azure Functions host the address is in HELDAR_STORAGE__queueServiceUri and HELDAR_STORAGE__blobServiceUri, because the host takes HELDAR_STORAGE for a connection string.
/// </param>
/// <param name="Shard">HELDAR_SHARD: the shard whose queues this deployment serves.</param>
/// <param name="HandlerPort">FUNCTIONS_CUSTOMHANDLER_PORT: set by the Functions host; null for the worker front.</param>
/// <param name="HealthPort">HELDAR_HEALTH_PORT: port of the worker's health endpoints, 0 for a free one. Default 8080.</param>
/// <param name="Concurrency">HELDAR_CONCURRENCY: messages of one queue that the worker handles at once, 1 to 64. More uses more database connections. Default 24: half the host's, as the worker runs beside other pods.</param>
internal sealed record FunctionsOptions(string Database, string Storage, string Shard, int? HandlerPort, int HealthPort, int Concurrency)
{
    /// <summary>
    /// HELDAR_HEALTH_ADDRESS: IP address of the worker's health endpoints, such as 0.0.0.0 or [::] in a container whose probes come from outside. The endpoints say
    /// whether the database answers, and figures that name no tenant, box or camera. Default 127.0.0.1. The custom handler listens on the loopback address alone.
    /// </summary>
    public IPAddress HealthAddress { get; init; } = IPAddress.Loopback;

    /// <summary>
    /// HELDAR_MANIFEST_STORAGE: the account that holds the manifests, as HELDAR_STORAGE names one, the same for all shards and the fleet's HELDAR_STORAGE: any shard's
    /// timer folds the hours of all boxes, and a box may change its shard. Default: HELDAR_STORAGE, right where no shard has an account of its own.
    /// </summary>
    public string ManifestStorage { get; init; } = Storage;

    /// <summary>
    /// HELDAR_INDEX_MONTHS: whole months before the current one that the index remembers, 2 to 600; 0 for all. Held footage is remembered as long as it is held. Default 0:
    /// boxes report what they delete, and a month of which nothing is left goes by itself.
    /// </summary>
    public IndexRetention Retention { get; init; } = IndexRetention.Everything;

    /// <summary>Where the program listens.</summary>
    public IPEndPoint Listen => HandlerPort is { } port ? new(IPAddress.Loopback, port) : new(HealthAddress, HealthPort);

    /// <summary>HELDAR_OUTGOING_LOOPBACK: 1 lets webhooks reach loopback, for development only. Default 0.</summary>
    public bool OutgoingLoopback { get; init; }

    /// <summary>HELDAR_OUTGOING_CA: PEM file of certification authorities that webhooks trust besides the system's. Default: none.</summary>
    public X509Certificate2Collection OutgoingRoots { get; init; } = [];

    /// <summary>HELDAR_SECRET_KEYS: the keys that seal secrets in the database; the fleet's. Without them no webhook can be signed.</summary>
    public SecretBox Secrets { get; init; } = SecretBox.None;

    /// <summary>HELDAR_SMTP and HELDAR_MAIL_FROM: which server takes e-mails, and who sends them. Default: none is sent.</summary>
    public MailOptions Mail { get; init; } = new();

    /// <summary>
    /// OTEL_EXPORTER_OTLP_ENDPOINT: base address of a collector that takes OTLP/HTTP; <c>v1/traces</c> and <c>v1/metrics</c> are added. Null: no span is made and nothing
    /// is sent. What share of the traces that begin here is recorded, OTEL_TRACES_SAMPLER says.
    /// </summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>Reads and checks. Every mistake is in the list, each naming its variable.</summary>
    public static FunctionsOptions? Read(Func<string, string?> variable, out IReadOnlyList<string> mistakes)
    {
        List<string> wrong = [];
        var database = Required("HELDAR_DATABASE", "a connection string such as Host=127.0.0.1;Database=heldar;Username=heldar");
        var storage = Account("HELDAR_STORAGE", Setting("HELDAR_STORAGE") ?? Required("HELDAR_STORAGE", "the storage account's connection string, or AccountName=heldarabc;EndpointSuffix=core.windows.net for a managed identity"));
        var manifests = Setting("HELDAR_MANIFEST_STORAGE") is { } own ? Account("HELDAR_MANIFEST_STORAGE", own, queues: false) : storage;
        var shard = variable(QueueNames.ShardVariable) ?? "0";
        if (!QueueNames.IsShard(shard)) wrong.Add($"HELDAR_SHARD: '{shard}' is not a shard: 1 to 20 lower-case letters or digits");
        var handler = Number("FUNCTIONS_CUSTOMHANDLER_PORT", null, 1, 65535);
        var health = Number("HELDAR_HEALTH_PORT", 8080, 0, 65535)!.Value;
        var concurrency = Number("HELDAR_CONCURRENCY", 24, 1, 64)!.Value;
        var months = variable("HELDAR_INDEX_MONTHS") is null or "" or "0" ? null : Number("HELDAR_INDEX_MONTHS", null, IndexRetention.Least, IndexRetention.Most);
        var address = Address("HELDAR_HEALTH_ADDRESS", IPAddress.Loopback);
        var loopback = Number("HELDAR_OUTGOING_LOOPBACK", 0, 0, 1)!.Value;
        var secrets = SecretBox.Parse(variable("HELDAR_SECRET_KEYS"), out var noKeys);
        if (noKeys is not null) wrong.Add(noKeys);
        var mail = MailOptions.Read(variable("HELDAR_SMTP"), variable("HELDAR_MAIL_FROM"), wrong);
        var roots = Roots(variable("HELDAR_OUTGOING_CA"));
        var collector = Collector();
        mistakes = wrong;
        return wrong.Count > 0 ? null : new(database, storage, shard, handler, health, concurrency) { Retention = new(months), ManifestStorage = manifests, HealthAddress = address, OutgoingLoopback = loopback == 1, OutgoingRoots = roots, Secrets = secrets, Mail = mail, OtlpEndpoint = collector };

        X509Certificate2Collection Roots(string? file)
        {
            X509Certificate2Collection authorities = [];
            if (string.IsNullOrEmpty(file)) return authorities;
            try
            {
                authorities.ImportFromPemFile(file);
                if (authorities.Count == 0) wrong.Add($"HELDAR_OUTGOING_CA: '{file}' holds no certificate");
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
            {
                wrong.Add($"HELDAR_OUTGOING_CA: '{file}' cannot be read: {fault.Message}");
            }

            return authorities;
        }

        Uri? Collector()
        {
            if (variable("OTEL_EXPORTER_OTLP_PROTOCOL") is { Length: > 0 } protocol && protocol != "http/protobuf") wrong.Add($"OTEL_EXPORTER_OTLP_PROTOCOL: '{protocol}' is not spoken; http/protobuf is");
            if (variable("OTEL_EXPORTER_OTLP_ENDPOINT") is not { Length: > 0 } text) return null;
            if (Uri.TryCreate(text, UriKind.Absolute, out var value) && value.Scheme is "http" or "https") return value;
            wrong.Add($"OTEL_EXPORTER_OTLP_ENDPOINT: '{text}' is not an address such as http://127.0.0.1:4318");
            return null;
        }

        string Required(string name, string example)
        {
            var value = variable(name);
            if (!string.IsNullOrWhiteSpace(value)) return value;
            wrong.Add($"{name}: missing; give {example}");
            return "";
        }

        // The suffixes are those of the Azure Functions host's connections without a secret; like the host, a value without suffix goes first.
        string? Setting(string name)
        {
            if (variable(name) is { } whole && !string.IsNullOrWhiteSpace(whole)) return whole;
            (string Part, string? Value)[] parts = [("QueueEndpoint", variable(name + "__queueServiceUri")), ("BlobEndpoint", variable(name + "__blobServiceUri"))];
            var text = string.Join(';', parts.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"{p.Part}={p.Value}"));
            return text.Length > 0 ? text : null;
        }

        string Account(string name, string setting, bool queues = true)
        {
            if (setting.Length > 0 && !StorageAccount.TryParse(setting, out _, out var mistake, queues)) wrong.Add($"{name}: {mistake}");
            return setting;
        }

        IPAddress Address(string name, IPAddress fallback)
        {
            var text = variable(name);
            if (string.IsNullOrEmpty(text)) return fallback;
            if (IPAddress.TryParse(text, out var value)) return value;
            wrong.Add($"{name}: '{text}' is not an IP address such as 0.0.0.0");
            return fallback;
        }

        int? Number(string name, int? fallback, int low, int high)
        {
            var text = variable(name);
            if (string.IsNullOrEmpty(text)) return fallback;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= low && value <= high) return value;
            wrong.Add($"{name}: '{text}' is not a number from {low} to {high}");
            return fallback ?? low;
        }
    }
}
