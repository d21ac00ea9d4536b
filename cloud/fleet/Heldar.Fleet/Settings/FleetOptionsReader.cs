using System.Globalization;
using System.Net;
using Heldar.Cloud.Secrets;
using Heldar.Contracts.Queues;
using NodaTime;

namespace Heldar.Fleet.Settings;

/// <summary>Reads <see cref="FleetOptions"/> from environment variables and reports all mistakes at once.</summary>
internal static class FleetOptionsReader
{
    /// <summary>Reads and checks. <paramref name="serving"/> is false for the commands that only need the database.</summary>
    public static (FleetOptions Options, IReadOnlyList<string> Mistakes) Read(Func<string, string?> variable, bool serving)
    {
        List<string> mistakes = [];
        var defaults = new FleetOptions { Database = variable("HELDAR_DATABASE") ?? "" };
        var secrets = SecretBox.Parse(variable("HELDAR_SECRET_KEYS"), out var noKeys);
        var options = defaults with
        {
            Urls = Text("HELDAR_FLEET_URLS") ?? defaults.Urls,
            InternalUrl = Text("HELDAR_FLEET_INTERNAL_URL") is { } url ? new Uri(url, UriKind.RelativeOrAbsolute) : null,
            PipelineDatabase = Text("HELDAR_PIPELINE_DATABASE"),
            Storage = variable("HELDAR_STORAGE") ?? "",
            Shards = Text("HELDAR_SHARDS")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? defaults.Shards,
            Draining = Text("HELDAR_DRAINING_SHARDS")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            Portal = Text("HELDAR_PORTAL") is { } folder ? Path.GetFullPath(folder) : defaults.Portal,
            TrustedProxies = [.. Networks("HELDAR_TRUSTED_PROXIES")],
            SessionLength = Duration.FromHours(Number("HELDAR_SESSION_HOURS", 12, 1, 168)),
            SignInsPerMinute = Number("HELDAR_SIGN_INS_PER_MINUTE", defaults.SignInsPerMinute, 1, 10_000),
            StreamWait = Seconds("HELDAR_TUNNEL_WAIT_SECONDS", defaults.StreamWait, 1, 60),
            AnswerWait = Seconds("HELDAR_TUNNEL_ANSWER_SECONDS", defaults.AnswerWait, 1, 120),
            OutgoingLoopback = Number("HELDAR_OUTGOING_LOOPBACK", 0, 0, 1) == 1,
            Secrets = secrets,
            MetricsToken = Text("HELDAR_METRICS_TOKEN"),
            ViewerStall = Seconds("HELDAR_VIEWER_STALL_SECONDS", defaults.ViewerStall, 5, 600),
        };
        options = options with { ShardStorage = Accounts([.. options.Shards, .. options.Draining]) };
        if (noKeys is not null) mistakes.Add(noKeys);
        mistakes.AddRange(options.Mistakes(serving));
        return (options, mistakes);

        string? Text(string name) => variable(name) is { Length: > 0 } text ? text : null;

        Dictionary<string, string> Accounts(IReadOnlyList<string> shards) =>
            shards.Where(QueueNames.IsShard).Distinct(StringComparer.Ordinal).Select(s => (Shard: s, Storage: Text($"HELDAR_STORAGE_{s}"))).Where(s => s.Storage is not null).ToDictionary(s => s.Shard, s => s.Storage!, StringComparer.Ordinal);

        IEnumerable<IPNetwork> Networks(string name)
        {
            foreach (string text in (Text(name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (IPAddress.TryParse(text, out var address)) yield return new IPNetwork(address, address.GetAddressBytes().Length * 8);
                else if (IPNetwork.TryParse(text, out var network) && network.PrefixLength > 0) yield return network;
                else mistakes.Add($"{name}: '{text}' is not an address or network such as 10.0.0.5 or 10.1.0.0/16");
            }
        }

        int Number(string name, int unset, int least, int most)
        {
            if (Text(name) is not { } text) return unset;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most) return number;
            mistakes.Add($"{name}: '{text}' is not a whole number from {least} to {most}");
            return unset;
        }

        TimeSpan Seconds(string name, TimeSpan unset, int least, int most) =>
            TimeSpan.FromSeconds(Number(name, (int)unset.TotalSeconds, least, most));
    }
}
