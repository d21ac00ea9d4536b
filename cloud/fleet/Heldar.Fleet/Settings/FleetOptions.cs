using System.Collections.Frozen;
using System.Net;
using Azure.Storage.Queues;
using Heldar.Cloud.Secrets;
using Heldar.Contracts.Queues;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Settings;

/// <summary>Immutable settings of one replica, read from environment variables by <see cref="FleetOptionsReader"/>.</summary>
internal sealed record FleetOptions
{
    /// <summary>HELDAR_FLEET_URLS: addresses to listen on, separated by semicolons; port 0 takes a free one. Default: this machine only.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:5080";

    /// <summary>HELDAR_FLEET_INTERNAL_URL: where other replicas reach this one; default: the first address it listens on.</summary>
    public Uri? InternalUrl { get; init; }

    /// <summary>HELDAR_DATABASE: Npgsql connection string. Required.</summary>
    public required string Database { get; init; }

    /// <summary>
    /// HELDAR_PIPELINE_DATABASE: the functions' HELDAR_DATABASE, with a user of their own: the fleet makes that role and gives it the least rights. Default: none, and
    /// functions have to share the fleet's role, with all that it may do.
    /// </summary>
    public string? PipelineDatabase { get; init; }

    /// <summary>
    /// HELDAR_STORAGE: Azure Storage connection string with an account key. Required to serve; the commands do without. It holds the manifests of every shard, and
    /// the queues and staged bodies of those that have no account of their own.
    /// </summary>
    public string Storage { get; init; } = "";

    /// <summary>
    /// HELDAR_DRAINING_SHARDS: shards that were taken out of HELDAR_SHARDS and whose queues are not empty yet, comma separated. No box is placed there; their dead
    /// letters still go back to them. Default: none.
    /// </summary>
    public IReadOnlyList<string> Draining { get; init; } = [];

    /// <summary>
    /// HELDAR_STORAGE_{shard}, for example HELDAR_STORAGE_1: connection string, with its key, of the shard's own account. An account takes 20,000 messages a second:
    /// shards of their own accounts grow beyond it. Default: the common account.
    /// </summary>
    public IReadOnlyDictionary<string, string> ShardStorage { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>HELDAR_SHARDS: shards that boxes are spread over, comma separated; more shards are more deployments of functions. Default <c>0</c>.</summary>
    public IReadOnlyList<string> Shards { get; init; } = ["0"];

    /// <summary>HELDAR_PORTAL: folder of the built portal. Default: <c>portal</c> beside the binary.</summary>
    public string Portal { get; init; } = Path.Combine(AppContext.BaseDirectory, "portal");

    /// <summary>
    /// HELDAR_TRUSTED_PROXIES: addresses or networks (<c>10.0.0.5,10.1.0.0/16,::1</c>) of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
    /// Too many let strangers choose their address, and so escape rate limits; too few make the proxy the client and leave cookies without Secure. Default: none.
    /// </summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>HELDAR_SESSION_HOURS: how long a sign-in lasts, 1 to 168 h. Longer is comfortable, shorter limits a stolen cookie. Default 12 h.</summary>
    public Duration SessionLength { get; init; } = Duration.FromHours(12);

    /// <summary>HELDAR_SIGN_INS_PER_MINUTE: sign-in, set-up and enrolment calls per client address and minute, 1 to 10000. Each costs about 0.1 s of CPU. Default 30.</summary>
    public int SignInsPerMinute { get; init; } = 30;

    /// <summary>HELDAR_TUNNEL_WAIT_SECONDS: how long a viewer waits for a free stream of a box, 1 to 60 s; then 503. Default 10 s.</summary>
    public TimeSpan StreamWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>HELDAR_TUNNEL_ANSWER_SECONDS: how long a box may take for the head of an answer or the next piece of it, 1 to 120 s. Default 20 s.</summary>
    public TimeSpan AnswerWait { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>HELDAR_VIEWER_STALL_SECONDS: how long a viewer may take nothing before its stream is given to others, 5 to 600 s. Default 60 s.</summary>
    public TimeSpan ViewerStall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>HELDAR_OUTGOING_LOOPBACK: 1 lets webhooks name loopback addresses, for development only. Default 0.</summary>
    public bool OutgoingLoopback { get; init; }

    /// <summary>HELDAR_SECRET_KEYS: keys that seal secrets in the database, the same for fleet and functions; the first seals, all open. Default: none, and webhooks cannot be made.</summary>
    public SecretBox Secrets { get; init; } = SecretBox.None;

    /// <summary>HELDAR_METRICS_TOKEN: bearer token of who scrapes /metrics, 16 to 200 printable characters. Default: none, and only administrators read it.</summary>
    public string? MetricsToken { get; init; }

    /// <summary>Connection string of the account with a shard's queues and staged bodies.</summary>
    public string StorageOf(string shard) => ShardStorage.GetValueOrDefault(shard, Storage);

    /// <summary>Every mistake in one list, each naming the setting and what it may be. Empty when all is well.</summary>
    public IReadOnlyList<string> Mistakes(bool serving)
    {
        List<string> mistakes = [];
        foreach (var url in Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                mistakes.Add($"HELDAR_FLEET_URLS: '{url}' is not an address such as http://127.0.0.1:5080");
        if (InternalUrl is { } address && (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https")))
            mistakes.Add($"HELDAR_FLEET_INTERNAL_URL: '{address}' is not an address such as http://10.0.0.5:5080");
        if (DatabaseMistake() is { } database) mistakes.Add(database);
        else if (PipelineMistake() is { } pipeline) mistakes.Add(pipeline);
        if (serving && Storage.Length == 0) mistakes.Add("HELDAR_STORAGE: missing; give the storage account's connection string with its key");
        if (serving) mistakes.AddRange(ShardStorage.Where(s => !IsAccount(s.Value)).Select(s => $"HELDAR_STORAGE_{s.Key}: not a storage account's connection string with its key"));
        if (Shards.Count == 0) mistakes.Add("HELDAR_SHARDS: empty; name at least one shard, such as 0");
        mistakes.AddRange(Shards.Where(s => !QueueNames.IsShard(s)).Select(s => $"HELDAR_SHARDS: '{s}' is not a shard: 1 to 20 lower-case letters or digits"));
        if (MetricsToken is { } token && (token.Length is < 16 or > 200 || !token.All(c => c is > ' ' and <= '~'))) mistakes.Add("HELDAR_METRICS_TOKEN: must be 16 to 200 printable characters without spaces");
        if (Shards.Distinct(StringComparer.Ordinal).Count() != Shards.Count) mistakes.Add("HELDAR_SHARDS: a shard is named twice");
        mistakes.AddRange(Draining.Where(s => !QueueNames.IsShard(s) || Shards.Contains(s, StringComparer.Ordinal)).Select(s => $"HELDAR_DRAINING_SHARDS: '{s}' is no shard that was taken out of HELDAR_SHARDS"));
        return mistakes;
    }

    /// <summary>Whether a text names an account and its key; a signature is no key, and none could be made from it.</summary>
    private static bool IsAccount(string storage)
    {
        try
        {
            return new QueueServiceClient(storage).CanGenerateAccountSasUri;
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private string? DatabaseMistake()
    {
        if (Database.Length == 0) return "HELDAR_DATABASE: missing; give a connection string such as Host=127.0.0.1;Database=heldar;Username=heldar";
        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(Database).Host) ? "HELDAR_DATABASE: names no Host" : null;
        }
        catch (ArgumentException wrong)
        {
            return $"HELDAR_DATABASE: {wrong.Message}";
        }
    }

    private string? PipelineMistake()
    {
        if (PipelineDatabase is null) return null;
        try
        {
            var (own, its) = (new NpgsqlConnectionStringBuilder(Database), new NpgsqlConnectionStringBuilder(PipelineDatabase));
            if (string.IsNullOrEmpty(its.Username)) return "HELDAR_PIPELINE_DATABASE: names no Username";
            if (its.Username == own.Username) return "HELDAR_PIPELINE_DATABASE: names the user of HELDAR_DATABASE; give the functions one of their own";
            return its.Database == own.Database ? null : "HELDAR_PIPELINE_DATABASE: names another database than HELDAR_DATABASE";
        }
        catch (ArgumentException wrong)
        {
            return $"HELDAR_PIPELINE_DATABASE: {wrong.Message}";
        }
    }
}
